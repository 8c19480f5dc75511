"""Every figure that a page shows: its name, and its definition in a sentence or two.

One list for the about page, the tooltips, the figures of a feature and the columns of a table; keys are the columns of
`atlas/schema.py` and the fields of the card where there are such. Nothing is computed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure."""

    key: str
    name: str
    text: str

    @property
    def anchor(self) -> str:
        """Where the about page defines it."""
        return f"define-{self.key.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together."""

    key: str
    title: str
    about: str
    figures: tuple[Definition, ...]


def _section(key: str, title: str, about: str, *figures: tuple[str, str, str]) -> Section:
    return Section(key, title, about, tuple(Definition(*figure) for figure in figures))


SECTIONS: tuple[Section, ...] = (
    _section(
        "frames",
        "How often, how strongly",
        "Counted over valid frames: padding is never counted, and is reported apart.",
        ("density", "Density", "The share of valid frames on which the feature is active."),
        ("frames_active", "Active frames", "The number of valid frames on which the feature is active."),
        ("max", "Maximum", "Its largest value on any valid frame; traces and colours are scaled by it."),
        ("mean_active", "Mean when active", "The mean value over its active frames; zeros are left out."),
        ("sd_active", "SD when active", "The standard deviation over its active frames."),
        ("q50", "Median when active", "Half of its active frames are below; read from the histogram's log2 bins."),
        ("q90", "90 % quantile", "Nine tenths of its active frames are below; read from the histogram's log2 bins."),
        ("q99", "99 % quantile", "All but a hundredth of its active frames are below; read from the same bins."),
        ("burst_s", "Burst", "The mean length, in seconds, of a run of active frames."),
        (
            "energy_corr",
            "Correlation with loudness",
            "Pearson correlation, over valid frames, of its value with the frame's energy in the display mel.",
        ),
        (
            "onset_ratio",
            "Onset ratio",
            "Its rate in the first 0.5 s of the window over its rate elsewhere; 1 where position does not matter.",
        ),
        (
            "pad_rate",
            "Padding rate",
            "The share of padded frames on which it fires; blank where the rule of selection would decide it.",
        ),
        ("histogram", "Histogram", "Counts of active values in log2-spaced bins, on a log scale; zeros are left out."),
        ("decoder_norm", "Decoder norm", "The length of its decoder row after folding."),
    ),
    _section(
        "clips",
        "Clips and recordings",
        "A clip is at most one window of a recording; what statistics count is recordings.",
        ("clip_density", "Clip density", "The share of clips with at least one active frame."),
        ("clips_active", "Clips", "The number of clips with at least one active frame."),
        ("recordings_active", "Recordings", "The number of recordings with at least one active frame."),
        ("peak", "Peak", "Its largest value within a clip's valid frames."),
        (
            "peak_matched",
            "Matched peak",
            "Its peak within one stretch of equal length in one clip a recording, drawn by hash;"
            " tests use it, so that longer clips gain nothing.",
        ),
        ("mass_shown", "Activation shown", "The share of the feature's whole activation that its examples hold."),
    ),
    _section(
        "states",
        "States and flags",
        "A state speaks of this corpus alone: another may wake a dead feature.",
        ("state", "State", "Dead, rare, dense, or else live."),
        ("dead", "Dead here", "Not active on a single valid frame of this corpus."),
        ("rare", "Rare", "Active in fewer than 10 recordings; nothing is tested of it."),
        ("dense", "Dense", "Active on more than 10 % of valid frames."),
        ("live", "Live", "Neither dead, nor rare, nor dense."),
        ("padding", "Padding", "A flag: its padding rate exceeds its density."),
        (
            "positional",
            "Positional",
            "A flag: more than half of its active frames lie in the window's first 0.5 s, with an onset ratio over 3.",
        ),
        (
            "one_dataset",
            "One dataset",
            "A flag: at least 90 % of the clips that it fires on lie in one dataset, though its domain has several.",
        ),
    ),
    _section(
        "domains",
        "Domains",
        "Rates describe and are not tests; the test counts recordings, by their matched peaks.",
        ("rate_pooled_frame", "Rate, frames", "The share of the domain's valid frames on which it is active."),
        ("rate_macro_frame", "Rate, frames, by dataset", "The mean of the same share over the domain's datasets."),
        ("rate_pooled_clip", "Rate, clips", "The share of the domain's clips that it fires in."),
        ("rate_macro_clip", "Rate, clips, by dataset", "The mean of the same share over the domain's datasets."),
        (
            "auroc_domain",
            "AUROC of a domain",
            "The chance that a recording of the domain has a larger matched peak than one of another; ties count half.",
        ),
        (
            "auroc_worst",
            "Worst AUROC",
            "The lowest AUROC over pairs of a dataset inside and one outside; a high one is no single dataset's doing.",
        ),
        (
            "specialised",
            "Specialised",
            "q below .05, worst AUROC above .6 and at least two datasets inside the domain.",
        ),
        ("entropy_frame", "Entropy", "Of the rates over domains: 0 where one domain has all, 1 where all are alike."),
        (
            "tau",
            "Grade",
            "AudioSAE's: the largest of τ by which its rate in one domain exceeds those in all others;"
            " a difference of rates, not a test.",
        ),
    ),
    _section(
        "labels",
        "Labels of clips",
        "Sound classes, languages, speakers and words, each held against other recordings of the same datasets.",
        (
            "auroc",
            "AUROC",
            "The chance that a recording with the label has a larger matched peak than one without; .5 is no relation.",
        ),
        ("auroc_low", "AUROC, lower bound", "The lower end of its 95 % interval, by resampling recordings."),
        (
            "lift",
            "Lift",
            "How many times more often the label stands where the feature passes than chance within datasets expects.",
        ),
        ("lift_low", "Lift, lower bound", "The lower end of the lift's 95 % interval."),
        ("precision10", "Precision at 10", "The share of its 10 strongest recordings that have the label."),
        (
            "p",
            "p",
            "Exact: the smallest of three hypergeometric tails (fires, above its median, above its 90th percentile),"
            " times three.",
        ),
        (
            "q",
            "q",
            "p after Benjamini-Hochberg over its family; among results below .05, about 5 % may be false.",
        ),
        ("tests", "Family", "All tests of one dictionary and one kind of label; q accounts for all of them."),
        (
            "f1_chosen",
            "F1, half A",
            "AudioSAE's search: the best F1 over thresholds on half of the recordings, where the threshold is chosen.",
        ),
        ("f1_heldout", "F1, half B", "The F1 of that threshold on the other half, which chose nothing."),
        (
            "f1_permuted_max",
            "F1, permuted",
            "The largest half-B F1 that 20 permutations of the labels reach: what chance can do; no p.",
        ),
        ("best_label", "Best label", "The significant label with the largest lower bound of lift."),
    ),
    _section(
        "timed",
        "Phones and words in time",
        "Labels with a start and an end, from alignments; shares are of its active frames in aligned clips.",
        ("share", "Share", "The share of its active frames that lie under the label."),
        (
            "expected",
            "Expected share",
            "The share that it would have there, were it blind to labels within each recording.",
        ),
        (
            "share_shifted_max",
            "Shifted share",
            "The largest share when the alignment is rotated against the sound, five times: what chance can do.",
        ),
        ("mean", "Mean under a label", "Its mean over all frames of the label, zeros included."),
        ("timed_q", "q of a timed label", "From differences a recording, for tiers of at least 20 recordings."),
    ),
    _section(
        "mel",
        "Spectra",
        "On the display mel: 80 bands up to 8 kHz, in dB over a fixed floor, the same for every encoder.",
        (
            "mel_spectrum",
            "Spectrum",
            "The mean spectrum weighted by its activation, as the difference from the corpus mean in dB.",
        ),
        (
            "mel_patch",
            "Mel around the peak",
            "The mean of one second of log-mel centred on the peaks of its top examples.",
        ),
    ),
    _section(
        "neighbours",
        "Neighbours and comparisons",
        "Computed on a sample of frames that depends on content alone, so that dictionaries share it.",
        ("cosine", "Cosine", "Of two decoder rows of one dictionary: whether they write the same direction."),
        (
            "cofiring",
            "Co-firing",
            "How many times more often two features fire on the same frame than independent ones would.",
        ),
        (
            "overlap",
            "χ",
            "Of two features: the frames on which both are active over those on which either is (intersection over"
            " union).",
        ),
        ("compared", "Compared", "Features that are active on at least 30 of the sampled frames."),
        ("matched", "Matched", "A compared feature whose best χ in the other dictionary exceeds .5."),
        ("coverage", "Coverage", "The share of a dictionary's compared features that are matched in the other."),
        ("duplicates", "Duplicates", "Compared features that are matched by another of the same dictionary."),
    ),
    _section(
        "card",
        "A dictionary as a whole",
        "Stated beside random directions of the same densities. All of it is correlation: nothing was ablated.",
        ("l0", "L0", "The mean number of active features a valid frame."),
        (
            "fvu",
            "FVU",
            "Fraction of variance unexplained: squared error over squared distance from the mean, on valid frames.",
        ),
        ("features", "Features", "How many units it has."),
        ("width", "Width", "The width of the activations that it reads."),
        ("selection", "Selection", "The rule by which a value counts as active."),
        ("threshold", "Threshold", "The value above which a feature is active; blank where each has its own."),
        ("k", "k", "How many features a frame were active in training."),
        ("values", "Values", "How a feature's value is to be read: after folding decoder norms into it."),
        ("sha256", "Checkpoint", "The beginning of the SHA-256 of the file that was read."),
        (
            "control",
            "Random control",
            "Gaussian unit directions on mean-centred activations, each with a threshold that gives it the density of"
            " one feature of the dictionary. It shows what any direction of this model would find here.",
        ),
        (
            "labelled",
            "With a label",
            "The share of live features with a significant label, more often than chance and AUROC above .5.",
        ),
    ),
)

DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {figure.key: figure for section in SECTIONS for figure in section.figures}
)
