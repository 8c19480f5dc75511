"""Entries of the tables `labels` and `label_index`: features held against labels of clips."""

from atlas.formatting import fraction, percent
from atlas.schema.figures.entry import DICTIONARY, FEATURE, Figure, Figures
from atlas.schema.thresholds import (
    CUT_OFFS,
    FEWEST_IN_HALF,
    INTERVAL,
    LABELS_KEPT,
    NAMED_F1,
    PROBE_FEATURES,
    PROBE_PENALTY,
    SEARCH_STEPS,
    SHUFFLES,
    SIGNIFICANT_Q,
    STRONGEST_RECORDINGS,
    TOP_RECORDINGS,
)

_HALVES = f"a half holds fewer than {FEWEST_IN_HALF} recordings, or groups that stay whole, with the label, or without"
_NOT_FOUND = "no feature is significant for it and searched"
_NOT_PROBED = (
    f"it is not tested, no feature is, {_HALVES}, or there is none of these beside the other in any dataset of a half"
)
_WIDTH = percent(INTERVAL[1] - INTERVAL[0])
_HIGH_CUT = f"{100 * CUT_OFFS[-1]:g}th percentile"

_CHOSEN = {"a": "half A", "b": "half B"}
_SEARCHED: Figures = {
    **{
        f"threshold_{half}": Figure(
            f"Threshold of {name}",
            f"The matched peak above which a recording is called, chosen on {name} by phi: one of {SEARCH_STEPS}, from"
            " 0 to just below the largest.",
            "activation",
            _HALVES,
        )
        for half, name in _CHOSEN.items()
    },
    **{
        f"phi_chosen_{half}": Figure(
            f"Phi, on {name}", f"Phi of that threshold on {name}, where it was chosen.", "", _HALVES
        )
        for half, name in _CHOSEN.items()
    },
    **{
        f"{figure}_{half}": Figure(
            f"{figure.capitalize()}, by {name}",
            f"{figure.capitalize()} of the threshold that {name} chose, on the other half, which chose nothing.",
            "",
            _HALVES,
        )
        for figure in ("phi", "f1")
        for half, name in _CHOSEN.items()
    },
    "phi_heldout": Figure(
        "Phi, held out",
        "The correlation of having the label and being called, from -1 to 1, on the half that did not choose the"
        " threshold; the mean of both ways.",
        "",
        _HALVES,
    ),
    "f1_heldout": Figure(
        "F1, held out",
        "The harmonic mean of precision and recall of the same calls, on the half that did not choose the threshold;"
        " the mean of both ways.",
        "",
        _HALVES,
    ),
    "f1_permuted_max": Figure(
        "F1, permuted",
        f"The largest held-out F1 that the same search reaches with {SHUFFLES} permutations of the labels: what chance"
        " can do; no p.",
        "",
        _HALVES,
    ),
}

LABELS: Figures = {
    **FEATURE,
    "kind": Figure("Kind", "`label` (a sound class or tag), `language`, `speaker` or `word`."),
    "label": Figure(
        "Label",
        f"The label itself. Kept are those with q below {fraction(SIGNIFICANT_Q)}, and each feature's {LABELS_KEPT} of"
        " smallest p.",
    ),
    "recordings": Figure("Recordings", "Those that have the label, in datasets where others lack it.", "recordings"),
    "auroc": Figure(
        "AUROC",
        "The chance that a recording with the label has a larger matched peak within the dataset than one without; .5"
        " is no relation.",
        "probability",
    ),
    "auroc_low": Figure("AUROC, lower bound", f"The lower end of its {_WIDTH} interval, by resampling recordings."),
    "lift": Figure(
        "Lift",
        "How many times more often the label stands where the feature passes than chance within datasets expects.",
        "ratio",
        "no recording passes the cut-off of smallest p",
    ),
    "lift_low": Figure(
        "Lift, lower bound",
        f"The lower end of the lift's {_WIDTH} interval.",
        "ratio",
        "no recording passes the cut-off of smallest p",
    ),
    "precision10": Figure(
        f"Precision at {TOP_RECORDINGS}",
        f"The share of its {TOP_RECORDINGS} strongest recordings, of the whole corpus, that have the label; the clip of"
        " largest peak stands for a recording, as in the examples.",
        "share",
    ),
    "r_precision": Figure(
        "R-precision",
        f"The same of as many of its strongest recordings as there are with the label, at most {STRONGEST_RECORDINGS}.",
        "share",
    ),
    "mass_share": Figure(
        "Share of activation",
        "Of the sum of its matched peaks within datasets, over the whole corpus: the share with the label.",
        "share",
        "it is silent in all matched stretches",
    ),
    "mass_base": Figure(
        "Base share",
        "Of the recordings with a matched stretch, the share with the label: what `mass_share` would be by chance.",
        "share",
        "no recording has a matched stretch",
    ),
    **_SEARCHED,
    "p": Figure(
        "p",
        f"Exact: the smallest of three hypergeometric tails (fires, above its median, above its {_HIGH_CUT}),"
        " times three.",
        "probability",
    ),
    "q": Figure(
        "q",
        f"p after Benjamini-Hochberg over its family; among results below {fraction(SIGNIFICANT_Q)}, about"
        f" {100 * SIGNIFICANT_Q:g} % may be false.",
        "probability",
    ),
}

_PROBED: Figures = {
    **{
        f"probe_{half}": Figure(
            f"AUROC of the sparse probe, by {name}",
            f"The k-sparse probe, k = {PROBE_FEATURES}: of the features that fire in enough recordings, the"
            f" {PROBE_FEATURES} whose matched peaks correlate most with the label, by absolute value, on {name}; a"
            f" logistic regression on them, standardised, with a ridge penalty of {PROBE_PENALTY:g} and an intercept a"
            f" dataset, fitted on {name}; its AUROC on the other half, which chose nothing. All are within datasets.",
            "probability",
            _NOT_PROBED,
        )
        for half, name in _CHOSEN.items()
    },
    "probe_auroc": Figure(
        "AUROC of the sparse probe",
        f"How well {PROBE_FEATURES} features together tell the recordings with the label: chosen and fitted on one"
        " half, read on the other; the mean of both ways.",
        "probability",
        _NOT_PROBED,
    ),
    "probe_permuted": Figure(
        "AUROC of the sparse probe, permuted",
        "The same with the label permuted once within datasets: halves are dealt, features chosen, fitted and read"
        " anew. About .5, give or take what so few recordings leave open.",
        "probability",
        _NOT_PROBED,
    ),
}

LABEL_INDEX: Figures = {
    **DICTIONARY,
    "kind": Figure("Kind", "`label`, `language`, `speaker` or `word`."),
    "label": Figure("Label", "Every label of the corpus, tested or not."),
    "clips": Figure("Clips", "Usable clips that have it.", "clips"),
    "recordings": Figure("Recordings", "Recordings with such a clip.", "recordings"),
    "datasets": Figure("Datasets", "Datasets with such a clip.", "datasets"),
    "tests": Figure(
        "Family",
        "Features tested against it. All tests of one dictionary and one kind of label are a family, and q accounts"
        " for all of them.",
        "tests",
    ),
    "within": Figure(
        "Tested within",
        "The datasets whose recordings the test compares: of those with the label, the ones in which others lack it.",
        null="it is not tested",
    ),
    "auroc_loudness": Figure(
        "AUROC of loudness",
        "How well the level of clips alone tells the recordings with the label, within datasets; below .5 those"
        " are softer. A feature that does no better is not named after the label.",
        "probability",
        "it is not tested",
    ),
    "auroc_length": Figure(
        "AUROC of length",
        "The same of the duration of clips; below .5 those with the label are shorter.",
        "probability",
        "it is not tested",
    ),
    "halved": Figure(
        "Halved",
        f"Whether at least {FEWEST_IN_HALF} recordings of each half have it, and as many lack it: else it cannot be"
        " searched for, and no feature is named after it.",
    ),
    "best_a": Figure("Best feature, by half A", "The significant feature of largest phi on half A.", null=_NOT_FOUND),
    "best_b": Figure("Best feature, by half B", "The same of half B, where another may be the best.", null=_NOT_FOUND),
    "best_phi": Figure(
        "Phi of the best feature",
        "Feature and threshold are chosen on one half of the recordings, phi is read on the other; mean of both ways.",
        "",
        _NOT_FOUND,
    ),
    "best_f1": Figure(
        "F1 of the best feature", "The F1 of the same calls, on the half that chose nothing.", "", _NOT_FOUND
    ),
    "found": Figure(
        "Found",
        f"The share of both ways in which that F1 is {fraction(NAMED_F1)} or more and above that of shuffled labels.",
        "share",
        _NOT_FOUND,
    ),
    "found_f1": Figure(
        "F1 of what is found", "The mean of the same F1 over the ways that find the label.", "", "neither way finds it"
    ),
    **_PROBED,
    "null_reason": Figure("Null reason", "Why it is not tested.", null="it is tested"),
}
