"""Figures that are no column of a table: states and flags by name, what pages read off several rows, and the card's."""

from atlas.formatting import fraction, percent
from atlas.schema.figures.entry import Figure, Figures
from atlas.schema.thresholds import (
    CHANCE_AUROC,
    DATASET_SHARE,
    DENSE_DENSITY,
    FEWEST_HALF_RECORDINGS,
    FEWEST_IN_HALF,
    FEWEST_LABELS,
    FEWEST_PEAKS_A_HALF,
    FEWEST_RECORDINGS,
    FEWEST_SAMPLED_FRAMES,
    FEWEST_SHIFT_FRAMES,
    FEWEST_TOGETHER_FRAMES,
    FEWEST_TOGETHER_RECORDINGS,
    FRAMES_A_COMPONENT,
    HELD_OUT_FRAMES,
    HELD_SHIFT,
    MATCHED_OVERLAP,
    NAMED_F1,
    NAMED_PURITY,
    ONSET_RATIO,
    ONSET_S,
    ONSET_SHARE,
    PROBE_FEATURES,
    PURE_SHARE,
    SHIFTS,
    SIGNIFICANT_Q,
    STRONGEST_PEAKS,
    TEMPLATES,
    WIDEST_BASE,
)

_UNPUBLISHED = "no sound of it is published"

STATES_AND_FLAGS: Figures = {
    "dead": Figure("Dead here", "Not active on a single valid frame of this corpus."),
    "rare": Figure("Rare", f"Active in fewer than {FEWEST_RECORDINGS} recordings; nothing is tested of it."),
    "dense": Figure("Dense", f"Active on more than {percent(DENSE_DENSITY)} of valid frames."),
    "live": Figure("Live", "Neither dead, nor rare, nor dense."),
    "padding": Figure(
        "Padding", "A flag: its padding rate exceeds its density.", null="the padding rate does not exist"
    ),
    "positional": Figure(
        "Positional",
        f"A flag: more than {percent(ONSET_SHARE)} of its active frames lie in the window's first {ONSET_S:g} s, with"
        f" an onset ratio over {ONSET_RATIO:g}.",
    ),
    "one_dataset": Figure(
        "One dataset",
        f"A flag: at least {percent(DATASET_SHARE)} of the clips that it fires on lie in one dataset, though its domain"
        " has several.",
    ),
}

SEARCHED: Figures = {
    "label": Figure(
        "Label",
        "What it is called: the name that somebody gave it, else the label, phone, word or domain that names it.",
        null="nothing is analysed, and nobody has named it",
    ),
    "given_by": Figure("Given by", "Who gave the feature its name.", null="its name, if any, is a made one"),
    "beyond": Figure(
        "Above its controls",
        "How far the figure that names it, phi or purity, lies above the best that any direction of its controls has"
        " for the same label; below 0 where one of them does better.",
        null="no word, phone, class or label of clips names it, or its dictionary has no control",
    ),
    "best_label": Figure(
        "Best label of clips",
        "Of the significant labels, the one of largest phi on one half of the recordings, read on the other; where the"
        " halves choose differently, that of larger phi held out. It need not name the feature.",
        null="no label is significant, more frequent with the feature, and in enough recordings",
    ),
    "domain": Figure(
        "Most in", "The domain of its highest rate of frames, datasets counted alike.", null="it fires in none"
    ),
    "explanation": Figure("Explanation", "What people or models say of it.", null="nobody has said anything"),
    "phone": Figure(
        "Phone", "The phone that most of its active frames in aligned clips lie under.", null="there is none"
    ),
    "phone_share": Figure("Phone share", "The share of these frames that lie under it.", "share", "there is none"),
    "does": Figure(
        "What it does",
        f"Passes: ablating it does more than its decoy does, at q < {fraction(SIGNIFICANT_Q)}."
        " No effect seen: it was measured and does not pass. Screened only: all that is known is a first-order guess.",
        null="it was neither measured nor screened",
    ),
    "effect_size": Figure(
        "Size of effect",
        "The size of its effect, whatever the sign, so that features of several dictionaries can be compared.",
        "nats",
        "it was not measured, or, for want of a readout, in another unit",
    ),
    "example_clip": Figure("Example", "The clip of its strongest example that can be heard.", null=_UNPUBLISHED),
    "example_start": Figure("Example, start", "Where the snippet begins in the clip.", "s", _UNPUBLISHED),
    "example_end": Figure("Example, end", "Where it ends.", "s", _UNPUBLISHED),
}

SHOWN: Figures = {
    "histogram": Figure(
        "Histogram", "Counts of active values in log2-spaced bins, on a log scale; zeros are left out."
    ),
    "cosine": Figure("Cosine", "Of two decoder rows of one dictionary: whether they write the same direction."),
    "cofiring": Figure(
        "Co-firing",
        "How many times more often two features fire on the same frame than independent ones would; only where they do"
        f" on at least {FEWEST_TOGETHER_FRAMES} sampled frames of {FEWEST_TOGETHER_RECORDINGS} recordings.",
    ),
    "overlap": Figure(
        "χ",
        "Of two features: the frames on which both are active over those on which either is (intersection over union).",
    ),
    "shift_control": Figure(
        "Shifts of the control",
        "The share of the random control's features with enough sampled frames that have a held-out shift of the same"
        " column in the same domain.",
        "share",
        "there is no control, or none of its features has enough",
    ),
    "duplicates": Figure("Duplicates", "Compared features that are matched by another of the same dictionary."),
}

CARD: Figures = {
    "l0": Figure("L0", "The mean number of active features per valid frame."),
    "fvu": Figure(
        "FVU",
        "Fraction of variance unexplained: squared error over squared distance from the mean, on valid frames.",
        null="the dictionary rebuilds nothing, as a control does not",
    ),
    "features": Figure("Features", "How many units it has."),
    "width": Figure("Width", "The width of the activations that it reads."),
    "selection": Figure("Selection", "The rule by which a value counts as active."),
    "threshold": Figure(
        "Threshold",
        "The value above which a feature is active.",
        "activation",
        "each feature has its own, or values of a frame or clip are compared",
    ),
    "k": Figure("k", "How many features a frame were active in training.", null="its format has no k"),
    "values": Figure("Values", "How a feature's value is to be read: after folding decoder norms into it."),
    "sha256": Figure("Checkpoint", "The beginning of the SHA-256 of the file that was read.", null="there is no file"),
    "control": Figure(
        "Random control",
        "Gaussian unit directions on mean-centred activations, each with a threshold that gives it the density of"
        " one feature of the dictionary. It shows what any direction of this model would find here.",
    ),
    "named": Figure(
        "Named",
        "The share of live and dense features that are named after a word, phone or class at their peaks, or after a"
        " label of clips.",
        "share",
        "no feature is live or dense",
    ),
    "labelled": Figure(
        "With a significant label",
        f"The share of live and dense features with any label whose q is below {fraction(SIGNIFICANT_Q)}, more often"
        f" than chance and AUROC above {fraction(CHANCE_AUROC).rstrip('0')}. It grows with the recordings that a"
        " feature fires in, and random directions have as many; it names nothing.",
        "share",
        "nothing is tested",
    ),
}

_NOT_HELD_OUT = (
    "the dictionary rebuilds nothing, no feature is active, its L0 is not below the width of the activations, or a half"
    f" of the sample has fewer than {FEWEST_HALF_RECORDINGS} recordings or {FRAMES_A_COMPONENT} frames a component"
)
_NO_BEST = "no feature has a best label"
_NO_PROBE = "no label has recordings enough in each half"
_NO_TIER = "no live feature fires in enough aligned recordings"

CONTROL_FIGURES: Figures = {
    **{key: STATES_AND_FLAGS[key] for key in ("dead", "rare", "dense", "live")},
    **{key: CARD[key] for key in ("features", "l0", "fvu", "named", "labelled")},
    "tested": Figure(
        "Features that could be tested",
        f"Live and dense ones: active in at least {FEWEST_RECORDINGS} recordings. The more of them, the more is found.",
        "features",
    ),
    "labels_found": Figure(
        "Labels found: {}",
        "Labels for which the feature and threshold of largest phi on one half of the recordings reach an F1 of"
        f" {fraction(NAMED_F1)} or more on the other, above that of shuffled labels, with q <"
        f" {fraction(SIGNIFICANT_Q)}; averaged over swapping the halves.",
        "labels",
    ),
    "labels_tested": Figure(
        "Labels tested: {}",
        f"Labels with at least {FEWEST_IN_HALF} recordings in each half that have them and as many that do not.",
        "labels",
    ),
    "label_f1": Figure(
        "F1 of labels found: {}",
        f"The mean of that F1 over the labels found. Like all means over labels, it is given for {FEWEST_LABELS} tested"
        " labels or more.",
        null="none is found",
    ),
    "label_phi": Figure(
        "Phi of the best feature: {}",
        "For each label, feature and threshold are chosen on one half and phi is read on the other; the mean over all"
        " labels that could be tested (0 where no feature is significant), averaged over swapping the halves.",
    ),
    "fvu_sample": Figure(
        "FVU at {} features a frame",
        "Fraction of variance unexplained by the dictionary, which may have been trained on these sounds, on frames of"
        f" the calibration sample: at most {HELD_OUT_FRAMES:,} of each half of its recordings; the mean of both halves."
        " The number is its L0 on the sample, rounded.",
        null=_NOT_HELD_OUT,
    ),
    "fvu_pca": Figure(
        "FVU of PCA, {} components",
        "On the same frames, with the mean and as many principal components, computed on the other half's recordings.",
        null=_NOT_HELD_OUT,
    ),
    "fvu_pursuit": Figure(
        "FVU of matching pursuit, {} templates a frame",
        f"On the same frames, with templates: the centred activations of at most {TEMPLATES:,} random frames of the"
        " other half. Orthogonal matching pursuit chooses as many per frame, with coefficients of either sign; nothing"
        " is learned.",
        null=_NOT_HELD_OUT,
    ),
    "components": Figure(
        "Components",
        "What PCA and matching pursuit may use for a frame: the L0 on the sample, rounded.",
        null=_NOT_HELD_OUT,
    ),
    "label_phi_low": Figure(
        "Phi of the best feature, from: {}",
        "The lower end of its 95 % interval: recordings, or groups, of the half that is read are drawn again, features"
        " and thresholds staying as they were chosen.",
    ),
    "label_phi_high": Figure("Phi of the best feature, to: {}", "The upper end of the same interval."),
    "above_control": Figure(
        "Named, and above all {}",
        "Features named after a word, phone, class or label of clips that exceed every direction of the control in the"
        " figure that names them. For a control: directions that exceed all its others, at most one per label; a second"
        " control like it would have about as many, for half as many labels.",
        "features",
    ),
    "labels_above_control": Figure(
        "Labels above all {}", "How many different labels these features are named after.", "labels"
    ),
    "label_probe": Figure(
        f"Sparse probe, k = {PROBE_FEATURES}: {{}}",
        f"AUROC of a logistic regression on the matched peaks of {PROBE_FEATURES} features: chosen by their correlation"
        " with the label and fitted on one half of the recordings, read on the other, within datasets; the mean over"
        " the labels that can be halved, averaged over swapping the halves.",
        "probability",
        _NO_PROBE,
    ),
    "label_probe_permuted": Figure(
        f"Sparse probe, k = {PROBE_FEATURES}, permuted: {{}}",
        "The same with every label permuted once within datasets, features chosen and fitted anew: its chance level.",
        "probability",
        _NO_PROBE,
    ),
    "agreement": Figure(
        "Matched in {}",
        f"Share of the features that are active on {FEWEST_SAMPLED_FRAMES} sampled frames or more whose best χ in"
        f" another autoencoder of the same tap, such as a second seed, exceeds {fraction(MATCHED_OVERLAP)}: whether"
        " training finds the same features again. Beside it, the share that is matched in the control, which may have"
        " fewer directions.",
        "share",
        null="no feature is active on enough sampled frames",
    ),
    "named_peaks": Figure(
        "Named after peaks", "Live and dense features named after a word, phone or class.", "features"
    ),
    "named_label": Figure("Named after a label", "Live and dense features named after a label of clips.", "features"),
    "best_auroc": Figure(
        "AUROC of the best label", "Mean AUROC of the best label, over the features that have one.", null=_NO_BEST
    ),
    "best_f1": Figure(
        "F1 of the best label, held out",
        "Mean held-out F1 of the significant label of largest lift.",
        null=_NO_BEST,
    ),
    "specialised": Figure(
        "Specialised to {}",
        "Share of features that are specialised to this domain.",
        "share",
        "no feature is live or dense",
    ),
    "share": Figure(
        "Share of the best {}",
        "Mean share of its active frames that a feature's best label of this tier holds.",
        "share",
        _NO_TIER,
    ),
    "share_shifted": Figure(
        "Share of the best {}, shifted",
        f"Mean of the largest share that this label holds under {SHIFTS} shifts of the alignment.",
        "share",
        _NO_TIER,
    ),
    "pure": Figure(
        "Mostly one {}",
        f"Share of features whose best label of this tier holds more than {percent(PURE_SHARE)} of their active"
        " frames.",
        "share",
        _NO_TIER,
    ),
    "eligible": Figure(
        "With enough peaks: {}",
        f"Live and dense features with at least {FEWEST_PEAKS_A_HALF} of their {STRONGEST_PEAKS} strongest peaks (one"
        " per recording and per text) in each half of the recordings that have this tier.",
        "features",
    ),
    "peak_named": Figure(
        "Peaks at one {}",
        f"Share of the features with at least {FEWEST_PEAKS_A_HALF} of their {STRONGEST_PEAKS} strongest peaks in each"
        f" half whose held-out peak purity is {percent(NAMED_PURITY)} or more, above every shift, with q <"
        f" {fraction(SIGNIFICANT_Q)}, at a label that holds at most {percent(WIDEST_BASE)} of frames.",
        "share",
    ),
    "shift_eligible": Figure(
        "With enough frames: {}",
        f"Live and dense features that are active on at least {FEWEST_SHIFT_FRAMES} sampled frames of the domain in"
        " each half of the recordings, some of them in clips that can be rotated.",
        "features",
    ),
    "shift_held": Figure(
        "Held-out shift: {}",
        "Share of the live and dense features with enough sampled frames whose shift of this column holds: the same"
        f" sign in both halves of the recordings, {HELD_SHIFT:g} SD or more, and larger than under every rotation.",
        "share",
    ),
    "flag": Figure(
        "Flag: {}",
        "Share of live and dense features that have this flag: its base rate.",
        "share",
        "no feature is live or dense",
    ),
    "tests": Figure("Tests", "Tests of a feature against a label, of all kinds."),
    "tests_significant": Figure(
        f"Tests with q < {fraction(SIGNIFICANT_Q)}", f"Of those, the number with q < {fraction(SIGNIFICANT_Q)}."
    ),
}
"""figure of the table `controls` -> what it is; `{}` stands for the tier, domain, flag or column that it is of"""

DERIVED: Figures = {**STATES_AND_FLAGS, **SEARCHED, **SHOWN, **CARD}
