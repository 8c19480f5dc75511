"""Bytes of an atlas's folder, part by part, before it is there.

All of it follows from what is known of the corpus and the dictionaries, by the constants of `constants.py`.
"""

from collections.abc import Mapping, Sequence
from math import sqrt

from atlas.planning import parts
from atlas.planning.constants import ATLAS
from atlas.planning.contents import COUNTED_WHERE_MADE, Contents, DictionaryContents, peaks, spans
from atlas.planning.media import media_parts
from atlas.schema.thresholds import TRACKED_FEATURES

CORPUS, ANNOTATED, CALIBRATION = "clips and timed labels", "annotations", "calibration"
PEAKS, CODES, WORK = "peaks", "codes and tracks", "work of the scan"
FIGURES, VECTORS, MEDIA, REST = "figures of features", "decoder vectors", "sounds and pictures", "everything else"
FOLDERS: Mapping[str, tuple[str, ...]] = {
    CORPUS: ("clips", "alignments"),
    ANNOTATED: ("annotations", "transcripts", "columns"),
    CALIBRATION: ("calibration",),
    PEAKS: ("peaks",),
    CODES: ("codes", "tracks"),
    WORK: ("work",),
    FIGURES: (
        *("features", "histograms", "datasets", "domains", "grades", "findings", "neighbours", "origins", "mel"),
        *("examples", "labels", "spreads", "timed_counts", "timed_labels", "peak_labels", "column_shifts"),
        "label_index",
    ),
    VECTORS: ("vectors",),
    MEDIA: ("media",),
}
"the parts of an atlas's folder, and the tables and folders of each"


def vectors_bytes(contents: Contents) -> float:
    """Decoder rows, as 16-bit floats."""
    return float(sum(2 * one.shape.features * one.shape.width for one in contents.dictionaries))


def atlas_parts(contents: Contents) -> Mapping[str, float]:
    """Bytes of the atlas's folder, by part."""
    media = media_parts(contents)
    return {
        CORPUS: ATLAS.clip * contents.outline.count + ATLAS.span * contents.outline.spans,
        ANNOTATED: _annotations(contents),
        CALIBRATION: _calibration(contents),
        PEAKS: ATLAS.peak * peaks(contents),
        CODES: _codes(contents.dictionaries, contents) + _tracks(contents),
        WORK: _work(contents),
        FIGURES: sum(one.shape.features * _figure_bytes(one, contents) for one in contents.dictionaries),
        VECTORS: vectors_bytes(contents),
        MEDIA: sum(part.bytes for part in media.values()),
        REST: ATLAS.rest + ATLAS.marker_window * media[parts.SPECTROGRAMS].files,
    }


def _annotations(contents: Contents) -> float:
    config = contents.config
    made = 10 * (spans(contents) - contents.outline.spans) if config.annotate.speech else 0.0
    return made + (ATLAS.column_frame * contents.code_frames if config.annotate.acoustics else 0.0)


def _calibration(contents: Contents) -> float:
    templates = [one.shape for one in contents.controls if one.shape.kind == "template"]
    return 20.0 * contents.features + sum(4.0 * shape.features * shape.width for shape in templates)


def _codes(some: Sequence[DictionaryContents], contents: Contents) -> float:
    return sum(one.code_bytes * one.l0 * contents.code_frames for one in some)


def _tracks(contents: Contents) -> float:
    tracks = TRACKED_FEATURES * len(contents.dictionaries)
    return tracks * (ATLAS.track * contents.outline.count + ATLAS.track_s * contents.outline.seconds)


def _work(contents: Contents) -> float:
    """States of all shards, and codes and tracks once more."""
    states = 0.0
    for one in contents.dictionaries:
        timed = ATLAS.state_timed * _timed_rows(one, contents) * sqrt(contents.shards)
        kept = ATLAS.state + ATLAS.state_pick * one.firing.picks
        states += one.shape.features * (contents.shards * kept + timed)
    return states + _codes(contents.dictionaries, contents) + _tracks(contents)


def _figure_bytes(one: DictionaryContents, contents: Contents) -> float:
    """A feature's rows in the tables that are made of the scan."""
    tested = ATLAS.label_rows + ATLAS.spread_rows + ATLAS.column_row * contents.config.annotate.acoustics
    rows = ATLAS.example * one.firing.examples + ATLAS.timed_row * _timed_rows(one, contents)
    return ATLAS.feature + ATLAS.mel + rows + one.firing.tested * tested


def _timed_rows(one: DictionaryContents, contents: Contents) -> float:
    """Timed labels that a feature has figures of."""
    made = COUNTED_WHERE_MADE if contents.config.annotate.speech else 0
    return ATLAS.timed_share * one.firing.tested * max(contents.outline.timed_labels, made)
