"""Entries of the tables that hold labels with their times, and columns of the sound, against a feature."""

from atlas.schema.figures.entry import FEATURE, Figure, Figures
from atlas.schema.thresholds import (
    CONSONANTS_OF_A_PHRASE,
    FEWEST_PEAKS_A_HALF,
    FEWEST_SAMPLED_FRAMES,
    FEWEST_SHIFT_FRAMES,
    FEWEST_TIMED_RECORDINGS,
    HELD_SHIFT,
    LEAST_SHIFT,
    SHIFTS,
    STRONGEST_PEAKS,
)

TIMED: Figures = {
    **FEATURE,
    "tier": Figure("Tier", "The kind of timed label, such as `phones` or `words`."),
    "label": Figure("Label", "A phone or word; empty for frames without one of the counted labels."),
    "share": Figure("Share", "The share of its active frames that lie under the label.", "share"),
    "expected": Figure(
        "Expected share", "The share that it would have there, were it blind to labels within each recording.", "share"
    ),
    "share_shifted_max": Figure(
        "Shifted share",
        f"The largest share over {SHIFTS} rotations of the alignment against the sound: what chance can do.",
        "share",
    ),
    "mean": Figure("Mean under a label", "Its mean over all frames of the label, zeros included.", "activation"),
    "sd": Figure("SD under a label", "The standard deviation over the same frames.", "activation"),
    "recordings": Figure("Recordings", "Those that hold the label and in which the feature fires.", "recordings"),
    "q": Figure(
        "q of a timed label",
        f"From per-recording differences, for labels in at least {FEWEST_TIMED_RECORDINGS} recordings.",
        "probability",
        "there are fewer recordings, or the frames have no label",
    ),
}

_TIMES = f"it is active on fewer than {FEWEST_SAMPLED_FRAMES} sampled frames of clips with the tier"
_NAMELESS = "the halves choose differently"

PURITY: Figures = {
    **FEATURE,
    "tier": Figure("Tier", "`words`, `phones`, a class of phones such as `manner`, or `edges` of words."),
    "label": Figure("Label", "The one at which most peaks of either half of the recordings stand.", null=_NAMELESS),
    "purity": Figure(
        "Held-out peak purity",
        f"Of its {STRONGEST_PEAKS} strongest peaks (one per recording, per text and per phrase): the share at the label"
        " that was chosen on the other half of the recordings. Two moments within a word belong to one phrase if the"
        f" {CONSONANTS_OF_A_PHRASE} consonants before the word agree, or those after it, however a model spelled them.",
        "share",
    ),
    "purity_shifted_max": Figure(
        "Peak purity, shifted", f"The largest over {SHIFTS} rotations of the labels against the sound.", "share"
    ),
    "base": Figure("Base rate", "The label's share of all frames of the clips that have the tier.", "share", _NAMELESS),
    "peaks": Figure(
        "Peaks", f"How many were looked at; features with under {FEWEST_PEAKS_A_HALF} in a half have no row.", "peaks"
    ),
    "q": Figure(
        "q of a peak purity",
        "From an exact binomial test of each half's hits against the base rate, over the features of the tier.",
        "probability",
    ),
    "mass_share": Figure(
        "Mass", "The share of its activation on sampled frames that lies under the label.", "share", _TIMES
    ),
    "precision": Figure(
        "Precision at half height",
        "Of the sampled frames above half of the median of these peaks, the share that lies under the label.",
        "share",
        _TIMES,
    ),
    "recall": Figure(
        "Recall at half height",
        "Of the label's sampled frames, the share on which it exceeds that height.",
        "share",
        _TIMES,
    ),
}

_FEW_IN_HALF = f"the feature is active on fewer than {FEWEST_SHIFT_FRAMES} frames of the half"

COLUMN_SHIFTS: Figures = {
    **FEATURE,
    "column": Figure(
        "Column",
        "One of the table `columns`. Kept are features that are active on at least"
        f" {FEWEST_SAMPLED_FRAMES} of the domain's sampled frames, where the shift of a half is {LEAST_SHIFT:g} SD or"
        " more.",
    ),
    "domain": Figure("Domain", "The one whose frames are looked at."),
    "shift_a": Figure(
        "Shift, half A",
        "The mean of the column on the feature's active frames less its mean over all sampled frames, in half A of the"
        " domain's recordings, in standard deviations over the whole domain.",
        "SD",
        _FEW_IN_HALF,
    ),
    "shift_b": Figure("Shift, half B", "The same in half B.", "SD", _FEW_IN_HALF),
    "sd": Figure(
        "Spread",
        "The standard deviation of the column on active frames over that of the domain: below 1, the feature is"
        " narrower than the domain.",
        "ratio",
    ),
    "frames": Figure("Frames", "Sampled frames of the domain with a value on which it is active.", "frames"),
    "shifted_max": Figure(
        "Shifted",
        f"The largest shift of either half, signs left out, under {SHIFTS} rotations of each clip's active frames"
        " against its column: what chance can do.",
        "SD",
        f"no half has {FEWEST_SHIFT_FRAMES} active frames in clips with several sampled ones",
    ),
    "held_out": Figure(
        "Held out",
        f"Whether the shifts of both halves have one sign, are {HELD_SHIFT:g} SD or more and exceed the largest under"
        " rotation.",
    ),
}
