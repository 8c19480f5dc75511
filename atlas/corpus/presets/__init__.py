"""Public corpora, read from their own layouts and metadata files into manifest rows.

A preset reads one corpus as it is distributed; `write_manifest` leaves the manifest (and alignments) that the atlas
reads. Nothing here downloads a corpus or opens its audio.
"""

from atlas.corpus.presets.catalogue import PRESETS
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, TimedSpan
from atlas.corpus.presets.manifest import alignments_beside, write_manifest

__all__ = ["PRESETS", "Preset", "PresetListing", "PresetRow", "TimedSpan", "alignments_beside", "write_manifest"]
