"""Bytes of an atlas's folder, part by part, before it is there.

All of it follows from what is known of the corpus and the dictionaries, by the constants of `constants.py`.
"""

from collections.abc import Mapping, Sequence
from math import sqrt

from atlas.planning import parts
from atlas.planning.causes import effects_contents, effects_tables, kept_bytes
from atlas.planning.constants import ATLAS
from atlas.planning.contents import COUNTED_WHERE_MADE, Contents, DictionaryContents, peaks, spans
from atlas.planning.media import media_parts
from atlas.schema.effects import CAUSES
from atlas.schema.thresholds import TRACKED_FEATURES

CORPUS, ANNOTATED, CALIBRATION = "clips and timed labels", "annotations", "calibration"
PEAKS, CODES, WORK = "peaks", "codes and tracks", "work of the scan"
FIGURES, VECTORS, MEDIA, REST = "figures of features", "decoder vectors", "sounds and pictures", "everything else"
EFFECTS = "effects"
KEPT = "causes"
"the folder of what is kept while effects are measured, as `effects/hearing.py` has it, which needs torch"
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
    EFFECTS: (*CAUSES, KEPT),
    VECTORS: ("vectors",),
    MEDIA: ("media",),
}
"the parts of an atlas's folder, and the tables and folders of each"


SEVERAL = (
    *("features", "histograms", "datasets", "domains", "grades", "findings", "neighbours", "origins", "peak_labels"),
    "label_index",
)
"tables whose bytes are planned together, as each feature has about as many rows as another"


def vectors_bytes(one: DictionaryContents) -> float:
    """Decoder rows, as 16-bit floats."""
    return 2.0 * one.shape.features * one.shape.width


def atlas_parts(contents: Contents) -> Mapping[str, float]:
    """Bytes of the atlas's folder, by part."""
    media = media_parts(contents)
    return {
        CORPUS: sum(corpus_tables(contents).values()),
        ANNOTATED: sum(annotated_tables(contents).values()),
        CALIBRATION: _calibration(contents),
        PEAKS: ATLAS.peak * peaks(contents),
        CODES: _codes(contents.dictionaries, contents) + _tracks(contents),
        WORK: _work(contents),
        FIGURES: sum(sum(figure_tables(one, contents).values()) for one in contents.dictionaries),
        EFFECTS: _effects(contents),
        VECTORS: sum(map(vectors_bytes, contents.dictionaries)),
        MEDIA: sum(part.bytes for part in media.values()),
        REST: ATLAS.rest + ATLAS.marker_window * media[parts.SPECTROGRAMS].files,
    }


def _effects(contents: Contents) -> float:
    planned = effects_contents(contents)
    return 0.0 if planned is None else sum(effects_tables(planned).values()) + kept_bytes(planned)


def corpus_tables(contents: Contents) -> dict[str, float]:
    """What lists the corpus."""
    return {"clips": ATLAS.clip * contents.outline.count, "alignments": ATLAS.span * contents.outline.spans}


def annotated_tables(contents: Contents) -> dict[str, float]:
    """What is found in the sound itself, where the config asks for it."""
    annotate = contents.config.annotate
    made = spans(contents) - contents.outline.spans if annotate.speech else 0.0
    return {
        "annotations": 10 * made,
        "columns": ATLAS.column_frame * contents.code_frames if annotate.acoustics else 0.0,
    }


def _calibration(contents: Contents) -> float:
    templates = [one.shape for one in contents.controls if one.shape.kind == "template"]
    return 20.0 * contents.features + sum(4.0 * shape.features * shape.width for shape in templates)


def _codes(some: Sequence[DictionaryContents], contents: Contents) -> float:
    return sum(one.code_bytes * one.l0 * contents.code_frames for one in some)


def _tracks(contents: Contents) -> float:
    return len(contents.dictionaries) * _tracks_of_each(contents)


def _tracks_of_each(contents: Contents) -> float:
    return TRACKED_FEATURES * (ATLAS.track * contents.outline.count + ATLAS.track_s * contents.outline.seconds)


def scanned_tables(one: DictionaryContents, contents: Contents) -> dict[str, float]:
    """The tables of a dictionary that have a row a clip or a frame."""
    planned = {
        "peaks": ATLAS.peak * one.shape.features * one.firing.clips,
        "codes": _codes([one], contents),
        "tracks": _tracks_of_each(contents),
    }
    return {name: one.tables.get(name, size) for name, size in planned.items()}


def _work(contents: Contents) -> float:
    """States of all shards, and codes and tracks once more."""
    states = 0.0
    for one in contents.dictionaries:
        timed = ATLAS.state_timed * _timed_rows(one, contents) * sqrt(contents.shards)
        kept = ATLAS.state + ATLAS.state_pick * one.firing.picks
        states += one.shape.features * (contents.shards * kept + timed)
    return states + _codes(contents.dictionaries, contents) + _tracks(contents)


def figure_tables(one: DictionaryContents, contents: Contents) -> dict[str, float]:
    """The tables of a dictionary that are made of the scan; those that are there as they are, but for the examples."""
    features, tested = one.shape.features, one.shape.features * one.firing.tested
    timed = features * _timed_rows(one, contents)
    planned = {
        **{name: ATLAS.feature * features / len(SEVERAL) for name in SEVERAL},
        "mel": ATLAS.mel * features,
        "labels": ATLAS.label_rows * tested,
        "spreads": ATLAS.spread_rows * tested,
        "timed_counts": ATLAS.timed_count_row * timed,
        "timed_labels": ATLAS.timed_label_row * timed,
        "column_shifts": ATLAS.column_row * contents.config.annotate.acoustics * tested,
    }
    found = {name: one.tables.get(name, size) for name, size in planned.items()}
    return found | {"examples": one.example_bytes * features * one.firing.examples}


def _timed_rows(one: DictionaryContents, contents: Contents) -> float:
    """Timed labels that a feature has figures of."""
    made = COUNTED_WHERE_MADE if contents.config.annotate.speech else 0
    return ATLAS.timed_share * one.firing.tested * max(contents.outline.timed_labels, made)
