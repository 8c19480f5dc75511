"""The tables that `analyse` writes, and those that are imported: explanations and names."""

from collections.abc import Mapping

from atlas.formatting import fraction, percent
from atlas.schema.figures.entry import DICTIONARY, FEATURE, Figure, Figures
from atlas.schema.figures.findings import FINDINGS
from atlas.schema.figures.labels import LABEL_INDEX, LABELS
from atlas.schema.figures.timed import COLUMN_SHIFTS, PURITY, TIMED
from atlas.schema.thresholds import (
    CUT_OFFS,
    FEWEST_DATASETS,
    FEWEST_IN_DATASET,
    FEWEST_SAMPLED_FRAMES,
    FEWEST_TOGETHER_FRAMES,
    FEWEST_TOGETHER_RECORDINGS,
    FOLLOWED_RANK,
    INTERVAL,
    MATCHED_OVERLAP,
    NEIGHBOURS_KEPT,
    OVERLAP_BINS,
    OVERLAPS_KEPT,
    SIGNIFICANT_Q,
    SPREADS_KEPT,
    TAUS,
    WORST_AUROC,
)

_UNTESTED = "nothing is tested"
_UNPAIRED = f"nothing is tested, or no dataset inside or outside has {FEWEST_IN_DATASET} tested recordings"
_NO_TEST = "the domain is not tested"
_SILENT = "the feature fires in no domain, or there is one domain only"
_WIDTH = percent(INTERVAL[1] - INTERVAL[0])
_GRADES = "; ".join(f"{level}: {', '.join(f'{tau:g}' for tau in taus)}" for level, taus in TAUS.items())
_HIGH_CUT = f"{100 * CUT_OFFS[-1]:g}th percentile"

DOMAINS: Figures = {
    **FEATURE,
    "domain": Figure("Domain", "One that occurs in the corpus."),
    "frames": Figure("Frames", "Valid frames of the domain.", "frames"),
    "frames_active": Figure("Active frames", "Those on which the feature is active.", "frames"),
    "clips": Figure("Clips", "Usable clips of the domain.", "clips"),
    "clips_active": Figure("Active clips", "Those in which the feature fires.", "clips"),
    "recordings": Figure("Recordings", "Those of the domain that are long enough to be tested.", "recordings"),
    "datasets": Figure(
        "Datasets", f"Those of the domain with at least {FEWEST_IN_DATASET} tested recordings.", "datasets"
    ),
    "rate_pooled_frame": Figure(
        "Rate, frames", "The share of the domain's valid frames on which it is active.", "share"
    ),
    "rate_macro_frame": Figure(
        "Rate, frames, by dataset", "The mean of the same share over the domain's datasets.", "share"
    ),
    "rate_pooled_clip": Figure("Rate, clips", "The share of the domain's clips that it fires in.", "share"),
    "rate_macro_clip": Figure(
        "Rate, clips, by dataset", "The mean of the same share over the domain's datasets.", "share"
    ),
    "entropy_frame": Figure(
        "Entropy", "Of the pooled rates over domains: 0 where one domain has all, 1 where all are alike.", "", _SILENT
    ),
    "entropy_clip": Figure("Entropy, clips", "The same of the rates of clips.", "", _SILENT),
    "auroc": Figure(
        "AUROC of a domain",
        "The chance that a recording of the domain has a larger matched peak than one of another; ties count half.",
        "probability",
        _UNTESTED,
    ),
    "auroc_low": Figure(
        "AUROC, lower bound", f"The lower end of its {_WIDTH} interval, by resampling recordings.", "", _UNTESTED
    ),
    "auroc_high": Figure("AUROC, upper bound", "The upper end of the same interval.", "", _UNTESTED),
    "auroc_worst": Figure(
        "Worst AUROC",
        "The lowest AUROC over pairs of a dataset inside and one outside; where it is high, no single dataset explains"
        " the result.",
        "probability",
        _UNPAIRED,
    ),
    "auroc_worst_low": Figure(
        "Worst AUROC, lower bound",
        f"The lower end of its {_WIDTH} interval, by resampling the recordings of the pair that is the worst.",
        "",
        _UNPAIRED,
    ),
    "auroc_worst_high": Figure("Worst AUROC, upper bound", "The upper end of the same interval.", "", _UNPAIRED),
    "p": Figure("p", "Exact, as for labels, of the domain against all others.", "probability", _UNTESTED),
    "q": Figure("q", "p after Benjamini-Hochberg over all features and domains.", "probability", _UNTESTED),
    "auroc_loudness": Figure(
        "AUROC of loudness",
        "How well the level of clips alone predicts the domain; below .5, its recordings are softer.",
        "probability",
        _NO_TEST,
    ),
    "auroc_length": Figure(
        "AUROC of length",
        "The same for the duration of clips; below .5, its recordings are shorter.",
        "probability",
        _NO_TEST,
    ),
    "follows_loudness": Figure(
        "Follows loudness",
        "Spearman's rank correlation of its matched peaks with the level of clips, within each of the domain's"
        " datasets; the mean over datasets, weighted by their recordings.",
        "",
        f"nothing is tested, or in no dataset of {FEWEST_IN_DATASET} tested recordings do both vary",
    ),
    "follows_length": Figure(
        "Follows length",
        "The same with the duration of clips.",
        "",
        f"nothing is tested, or in no dataset of {FEWEST_IN_DATASET} tested recordings do both vary",
    ),
    "confounded": Figure(
        "Confounded",
        "`loudness` or `length`, where a feature that would be specialised follows that instead: within datasets by"
        f" {fraction(FOLLOWED_RANK)} or more either way, and that alone tells the domain the same way with an AUROC of"
        " `auroc_low` or more.",
        null="it would not be specialised, or neither explains it",
    ),
    "specialised": Figure(
        "Specialised",
        f"q below {fraction(SIGNIFICANT_Q)}, worst AUROC above {fraction(WORST_AUROC).rstrip('0')}, at least"
        f" {FEWEST_DATASETS} datasets inside the domain, and not `confounded`.",
        "",
        _UNTESTED,
    ),
    "null_reason": Figure("Null reason", "Why nothing is tested.", null="it is tested"),
}

ANALYSED: Mapping[str, Figures] = {
    "domains": DOMAINS,
    "grades": {
        **FEATURE,
        "level": Figure("Level", "`frame`: of the rates of frames; `audio`: of those of clips."),
        "comparison": Figure("Comparison", "The domains that are compared: all, or a pair."),
        "domain": Figure("Domain", "The one of highest rate, where it reaches a τ.", null="the feature reaches no τ"),
        "tau": Figure(
            "Grade",
            f"AudioSAE's: the largest of τ ({_GRADES}) by which its rate in one domain exceeds those in all others;"
            " a difference of rates, not a test.",
            null="the feature reaches no τ",
        ),
        "dead": Figure("Silent", "Whether it fires in none of the domains compared."),
    },
    "labels": LABELS,
    "label_index": LABEL_INDEX,
    "timed_labels": TIMED,
    "peak_labels": PURITY,
    "spreads": {
        **FEATURE,
        "kind": Figure("Kind", "`domain`, `label`, `language`, `speaker` or `word`."),
        "label": Figure("Label", "The label; empty for all recordings of the kind together."),
        "recordings": Figure("Recordings", "Those that have the label.", "recordings"),
        "mean": Figure(
            "Mean peak",
            "Of its matched peaks in these recordings (within the dataset, unless the kind is `domain`), silent ones"
            f" included. The table keeps the {SPREADS_KEPT} labels of largest mean, and those of the table `labels`.",
            "activation",
        ),
        "low": Figure(
            "Mean, lower bound",
            f"The lower end of Student's {_WIDTH} interval of the mean.",
            "activation",
            "all peaks are alike",
        ),
        "high": Figure("Mean, upper bound", "The upper end.", "activation", "all peaks are alike"),
        "q25": Figure("First quartile", "Of the matched peaks.", "activation"),
        "q50": Figure("Median", "Of the matched peaks.", "activation"),
        "q75": Figure("Third quartile", "Of the matched peaks.", "activation"),
        "q95": Figure("95 % quantile", "Of the matched peaks.", "activation"),
    },
    "neighbours": {
        **FEATURE,
        "kind": Figure(
            "Kind",
            f"`decoder` and `cofiring`: the {NEIGHBOURS_KEPT} nearest of its own dictionary. `overlap`: the"
            f" {OVERLAPS_KEPT} nearest of each other dictionary, and duplicates in its own.",
        ),
        "rank": Figure("Rank", "The place among those of its kind, from 1."),
        "other_dictionary": Figure("Other dictionary", "Where the other feature is."),
        "other": Figure("Other feature", "Its number there."),
        "value": Figure(
            "Value",
            "`decoder`: cosine of decoder rows. `cofiring`: how many times more often both are active on a sampled"
            " frame"
            f" than independent ones would be, if on at least {FEWEST_TOGETHER_FRAMES} frames of"
            f" {FEWEST_TOGETHER_RECORDINGS} recordings. `overlap`: χ, the sampled frames on which both are active over"
            " those on which either is.",
        ),
    },
    "comparisons": {
        **DICTIONARY,
        "other_dictionary": Figure("Other dictionary", "What it is compared with; itself, for duplicates."),
        "compared": Figure(
            "Compared",
            f"Features that are active on at least {FEWEST_SAMPLED_FRAMES} of the sampled frames.",
            "features",
        ),
        "matched": Figure(
            "Matched",
            f"A compared feature whose best χ in the other dictionary exceeds {fraction(MATCHED_OVERLAP).rstrip('0')}.",
            "features",
            "no feature can be compared",
        ),
        "frames": Figure("Frames", "The sampled frames that both have.", "frames"),
        "coverage": Figure(
            "Coverage",
            "The share of a dictionary's compared features that are matched in the other.",
            "share",
            "no feature can be compared",
        ),
        "overlaps": Figure(
            "Overlaps",
            f"Compared features by their best χ, in {OVERLAP_BINS} equal bins.",
            "features",
            "no feature can be compared",
        ),
        "null_reason": Figure("Null reason", "Why no figure is given.", null="there are figures"),
    },
    "controls": {
        **DICTIONARY,
        "control": Figure("Control", "The dictionary that it is compared with; empty if there is none."),
        "figure": Figure("Figure", "Which figure, such as `l0`, `labelled` or `pure`."),
        "of": Figure(
            "Of",
            "The tier, domain or flag that the figure is of, or column and domain, as `loudness/speech`; empty for one"
            " of the whole dictionary.",
        ),
        "value": Figure("Value", "The dictionary's.", null="the figure does not exist for it, as FVU of a control"),
        "value_drawn": Figure(
            "Value of drawn features",
            "The same of as many of the dictionary's features as the control has directions: those whose densities"
            " these match, drawn by a seed. What is found grows with the number of features.",
            null="the figure does not grow with the number of features, or there is no control",
        ),
        "control_value": Figure("Value of the control", "The same of the control.", null="there is none"),
    },
    "column_shifts": COLUMN_SHIFTS,
    "findings": FINDINGS,
    "explanations": {
        **FEATURE,
        "author": Figure("Author", "The person or model that says it."),
        "text": Figure("Explanation", "What it says that the feature responds to."),
        "score": Figure(
            "Score",
            "How well the text predicts held-out clips, from -1 to 1.",
            null="none was given",
        ),
        "source": Figure("Source", "The file that it was imported from."),
    },
    "names": {
        **FEATURE,
        "name": Figure("Given name", "What the feature is called, instead of the name that `findings` gives it."),
        "author": Figure("Given by", "The person who calls it so."),
    },
}
