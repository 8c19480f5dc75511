"""The registry of figures: what every column of every table is, and every figure that pages make of columns.

An entry says the name that people read, the unit, the meaning in a sentence or two, and where the figure does not
exist. Definitions on pages, explanations of search columns and the pages of `docs/` are made from here; the numbers in
a meaning come from `thresholds`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from atlas.schema.figures.analysed import ANALYSED
from atlas.schema.figures.annotated import ANNOTATED
from atlas.schema.figures.corpus import CORPUS
from atlas.schema.figures.derived import CONTROL_FIGURES, DERIVED
from atlas.schema.figures.effects import CAUSES
from atlas.schema.figures.entry import Figure, Figures
from atlas.schema.figures.experiments import EXPERIMENTS
from atlas.schema.figures.measured import MEASURED
from atlas.schema.figures.terms import TERMS

COLUMNS: Mapping[str, Figures] = MappingProxyType(
    {**CORPUS, **MEASURED, **ANNOTATED, **ANALYSED, **CAUSES, **EXPERIMENTS}
)
"""table -> column -> figure"""

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "clips": "a clip of the corpus",
        "alignments": "a timed label (a phone or word) of a clip",
        "transcripts": "a clip of speech: what is spoken in it, and who says so",
        "annotations": "a phone or word of a clip, with its times, that the corpus did not bring",
        "peaks": "a feature that fires in a clip",
        "codes": "a sampled frame with its active features",
        "features": "a feature: how often, how strongly and in what way it fires",
        "origins": "a direction of a control, and what it was made from; other dictionaries have no rows",
        "histograms": "how a feature's activations spread, or the peaks of its clips by domain",
        "examples": "a clip in which a feature is shown, with its trace",
        "tracks": "one of the features that fire most in a clip",
        "datasets": "how often a feature fires in a dataset",
        "mel": "a feature's mean spectrum, and the mean patch around its peaks",
        "timed_counts": "a feature's frames under a timed label, and under shifts of the alignment",
        "columns": "a sampled frame: what the sound is like there",
        "domains": "a feature in a domain: rates and tests",
        "grades": "AudioSAE's grade of a feature, by level and comparison",
        "labels": "a feature and a label of clips: tests, sizes of effect and a held-out search",
        "label_index": "a label of the corpus, and the tests made of it",
        "timed_labels": "a feature and a phone or word: share, expectation, chance and q",
        "peak_labels": "a feature and a tier of timed labels: at which one its strongest peaks stand",
        "spreads": "how a feature's peaks spread in the recordings of a label",
        "neighbours": "a feature and one of its nearest others",
        "comparisons": "two dictionaries side by side",
        "controls": "a figure of a dictionary beside that of its control",
        "findings": "what a feature is called and why, its flags and its place on the map",
        "column_shifts": "a feature and a column: how far it lies from the domain's mean where the feature is active",
        "screening": "a feature: a first look at what its ablation would change, and whether it was measured exactly",
        "effects": "a feature and an outcome: what ablating the feature changes",
        "effect_pairs": "an outcome of one edit of a feature in one clip",
        "effect_tokens": "a token that becomes less or more probable where a feature is ablated",
        "effect_examples": "a transcript before and after an edit of a feature",
        "effect_runs": "a dictionary: how its effects were measured",
        "effect_shares": "how many of a dictionary's measured features pass the test of an outcome, of all or of some",
        "explanations": "what a person or a model says of a feature",
        "names": "what a person calls a feature",
        "hallucination": "a way of hearing recordings without speech: how often something is written of them",
        "hallucination_features": "a feature of largest weight in telling which recordings are taken for speech",
        "hallucination_runs": "a dictionary that the hallucination experiment was made with",
        "language_steering": "a way of hearing the clips of one language, held against another one",
        "language_runs": "a language held against another one, or why it was not",
        "media": "the sound and the picture of a clip",
    }
)
"""table -> what one row of it is"""

__all__ = ["COLUMNS", "CONTROL_FIGURES", "DERIVED", "ROWS", "TERMS", "Figure", "Figures"]
