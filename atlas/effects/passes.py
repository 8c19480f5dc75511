"""Exact effects: edits of a clip go through the layers after the tap and the readout, and are held against its own row.

Batches have one shape, and their first row is never edited. So an edit of nothing has no effect, to the last bit, and
what is measured does not depend on which edits go together.
"""

from collections.abc import Iterator, Sequence

import torch

from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Edit
from atlas.effects.outcomes import Heard
from atlas.errors import AtlasError

ROWS = 8


@torch.no_grad()
def heard_edits(model: TappedModel, clip: TappedClip, edits: Sequence[Edit]) -> Iterator[tuple[Heard, int]]:
    """Of each edit, in order: what is said in its batch, and its row there."""
    for start in range(0, len(edits), ROWS - 1):
        batch = edits[start : start + ROWS - 1]
        rows, entering = clip.rows(ROWS)
        for row, edit in enumerate(batch, start=1):
            rows[row, torch.from_numpy(edit.frames)] += edit.change.to(rows)
        assert model.readout is not None, "asked only where something is said"
        said = model.readout.said(model.encoder.resume(model.tap, rows, entering), clip.utterance)
        heard = Heard.of(clip.utterance, said)
        for row, edit in enumerate(batch, start=1):
            if not bool(said.logprobs[row].isfinite().all()):
                raise AtlasError(
                    f"an edit of {len(edit.frames)} frames by a norm of {float(edit.norms.max()):.3g} makes the model"
                    " say NaN; take a smaller dose or factor"
                )
            yield heard, row
