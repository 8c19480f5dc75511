"""The corpora that can be read as they are distributed, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from atlas.corpus.presets.common_voice import COMMON_VOICE
from atlas.corpus.presets.crema_d import CREMA_D
from atlas.corpus.presets.esc50 import ESC50
from atlas.corpus.presets.fsd50k import FSD50K
from atlas.corpus.presets.gtzan import GTZAN
from atlas.corpus.presets.libri import LIBRISPEECH, LIBRITTS
from atlas.corpus.presets.listing import Preset
from atlas.corpus.presets.mtg_jamendo import MTG_JAMENDO
from atlas.corpus.presets.musan import MUSAN
from atlas.corpus.presets.timit import TIMIT
from atlas.corpus.presets.vocalsound import VOCALSOUND

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            LIBRISPEECH,
            LIBRITTS,
            COMMON_VOICE,
            CREMA_D,
            TIMIT,
            MUSAN,
            GTZAN,
            MTG_JAMENDO,
            ESC50,
            FSD50K,
            VOCALSOUND,
        )
    }
)
