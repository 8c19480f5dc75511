"""The scan in small, so that its kernels are compiled, and in numba's cache, before its workers begin.

Workers that begin at once would each compile the same kernels. What is rehearsed is the way of a clip through a
dictionary that selects by thresholds; kernels that other ways need are compiled where they are met.
"""

from dataclasses import replace

import numpy as np
import torch

from atlas.audio.samples import MEL_GRID, display_mel
from atlas.dictionaries.controls import control_of, unit_directions
from atlas.measure.codes import Coder
from atlas.measure.reconstruction import Rebuilder
from atlas.measure.scales import Scales
from atlas.measure.shard import DictionaryReader, DictionaryScan
from atlas.measure.states import ClipView, CorpusContext
from atlas.measure.threads import Threads
from atlas.measure.tiers import OTHER, AlignedTier

_FEATURES, _WIDTH, _FRAMES = 8, 4, 4


def warm_up() -> None:
    """Scan one made-up clip, and keep nothing of it."""
    mel = display_mel(np.zeros(_FRAMES * MEL_GRID.hop, np.float32))
    threads = Threads(1)
    directions = unit_directions(_FEATURES, _WIDTH, seed=0)
    control = control_of("random", torch.zeros(_WIDTH), directions, 0, torch.zeros(_FEATURES))
    dictionary = replace(control, reconstructs=True)
    coder, rebuilder = Coder(dictionary, _FRAMES, threads), Rebuilder(dictionary, threads)
    tier = AlignedTier("", (OTHER, "label"), {0: np.ones(_FRAMES, np.int32)})
    context = CorpusContext(recordings=np.zeros(1, np.int32), tiers=(tier,), top=1, grid=MEL_GRID, threads=threads)
    scan = DictionaryScan(
        DictionaryReader(name="", tap="", dictionary=dictionary, scales=Scales(0, 0), coder=coder, rebuilder=rebuilder),
        context,
    )
    scan.begin_recording([0])
    along = dictionary.decoder[:_FRAMES]  # each frame is a direction, so that its own feature fires
    whole = (0, _FRAMES)
    view = ClipView(number=0, hash64=0, valid=_FRAMES, mel=mel, matched=whole, matched_in_cell=whole)
    scan.add(along, view, np.arange(_FRAMES))
    scan.end_recording()
