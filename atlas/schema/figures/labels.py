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
            f"The matched peak above which a recording is taken to have the label, chosen on {name} by phi: one of"
            f" {SEARCH_STEPS} steps from 0 to just below the largest peak.",
            "activation",
            _HALVES,
        )
        for half, name in _CHOSEN.items()
    },
    **{
        f"phi_chosen_{half}": Figure(
            f"Phi, on {name}", f"Phi at that threshold on {name}, the half that chose it.", "", _HALVES
        )
        for half, name in _CHOSEN.items()
    },
    **{
        f"{figure}_{half}": Figure(
            f"{figure.capitalize()}, by {name}",
            f"{figure.capitalize()} at the threshold chosen on {name}, read on the other, held-out half.",
            "",
            _HALVES,
        )
        for figure in ("phi", "f1")
        for half, name in _CHOSEN.items()
    },
    "phi_heldout": Figure(
        "Phi, held out",
        "The correlation between having the label and exceeding the threshold, from -1 to 1, on the half that did not"
        " choose the threshold; averaged over swapping the halves.",
        "",
        _HALVES,
    ),
    "f1_heldout": Figure(
        "F1, held out",
        "The harmonic mean of precision and recall of the same predictions, on the half that did not choose the"
        " threshold; averaged over swapping the halves.",
        "",
        _HALVES,
    ),
    "f1_permuted_max": Figure(
        "F1, permuted",
        f"The largest held-out F1 that the same search reaches with {SHUFFLES} permutations of the labels: a"
        " reference for chance, not a p-value.",
        "",
        _HALVES,
    ),
}

LABELS: Figures = {
    **FEATURE,
    "kind": Figure("Kind", "`label` (a sound class or tag), `language`, `speaker` or `word`."),
    "label": Figure(
        "Label",
        f"The label itself. The table keeps labels with q below {fraction(SIGNIFICANT_Q)} and, for each feature, the"
        f" {LABELS_KEPT} of smallest p.",
    ),
    "recordings": Figure(
        "Recordings", "Recordings with the label, in datasets that have others without.", "recordings"
    ),
    "auroc": Figure(
        "AUROC",
        "The chance that a recording with the label has a larger matched peak within the dataset than one without; .5"
        " means no relation.",
        "probability",
    ),
    "auroc_low": Figure("AUROC, lower bound", f"The lower end of its {_WIDTH} interval, by resampling recordings."),
    "lift": Figure(
        "Lift",
        "How many times more often recordings that pass the cut-off have the label than expected by chance within"
        " datasets.",
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
        f"The same, of as many of its strongest recordings as have the label, at most {STRONGEST_RECORDINGS}.",
        "share",
    ),
    "mass_share": Figure(
        "Share of activation",
        "The share of its summed matched peaks, over the whole corpus, that lies in recordings with the label.",
        "share",
        "it is silent in all matched stretches",
    ),
    "mass_base": Figure(
        "Base share",
        "The share of recordings with a matched stretch that have the label: what `mass_share` would be by chance.",
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
            f" logistic regression on them, standardised, with a ridge penalty of {PROBE_PENALTY:g} and one intercept"
            f" per dataset, fitted on {name}; its AUROC on the other, held-out half. All are within datasets.",
            "probability",
            _NOT_PROBED,
        )
        for half, name in _CHOSEN.items()
    },
    "probe_auroc": Figure(
        "AUROC of the sparse probe",
        f"How well {PROBE_FEATURES} features together tell recordings with the label from those without: chosen and"
        " fitted on one half, read on the other; averaged over swapping the halves.",
        "probability",
        _NOT_PROBED,
    ),
    "probe_permuted": Figure(
        "AUROC of the sparse probe, permuted",
        "The same with the label permuted once within datasets: halves, features and the fit are all redone. About .5,"
        " within what so few recordings leave to chance.",
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
        "The datasets within which the test compares recordings: those that have some with and some without the label.",
        null="it is not tested",
    ),
    "auroc_loudness": Figure(
        "AUROC of loudness",
        "How well the level of clips alone predicts the label, within datasets; below .5, recordings with the label"
        " are softer. A feature that does no better is not named after the label.",
        "probability",
        "it is not tested",
    ),
    "auroc_length": Figure(
        "AUROC of length",
        "The same for the duration of clips; below .5, recordings with the label are shorter.",
        "probability",
        "it is not tested",
    ),
    "halved": Figure(
        "Halved",
        f"Whether each half has at least {FEWEST_IN_HALF} recordings with it and as many without: otherwise it cannot"
        " be searched for, and names no feature.",
    ),
    "best_a": Figure(
        "Best feature, by half A", "The significant feature with the largest phi on half A.", null=_NOT_FOUND
    ),
    "best_b": Figure("Best feature, by half B", "The same for half B, where another may be the best.", null=_NOT_FOUND),
    "best_phi": Figure(
        "Phi of the best feature",
        "Feature and threshold are chosen on one half of the recordings, and phi is read on the other; averaged over"
        " swapping the halves.",
        "",
        _NOT_FOUND,
    ),
    "best_f1": Figure(
        "F1 of the best feature",
        "Feature and threshold are chosen by phi on one half of the recordings, and F1 is read on the other; averaged"
        " over swapping the halves.",
        "",
        _NOT_FOUND,
    ),
    "found": Figure(
        "Found",
        f"The share of the two held-out halves on which that F1 is {fraction(NAMED_F1)} or more, and above that of"
        " shuffled labels.",
        "share",
        _NOT_FOUND,
    ),
    "found_f1": Figure(
        "F1 of what is found",
        "The mean of the same F1 over the halves that find the label.",
        "",
        "neither half finds it",
    ),
    **_PROBED,
    "null_reason": Figure("Null reason", "Why it is not tested.", null="it is tested"),
}
