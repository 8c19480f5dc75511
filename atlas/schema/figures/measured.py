"""The tables of features that `scan` and `merge` write."""

from collections.abc import Mapping

from atlas.formatting import percent
from atlas.schema.figures.entry import CLIP, DICTIONARY, FEATURE, Figure, Figures
from atlas.schema.measured import MEL_BANDS
from atlas.schema.thresholds import (
    DENSE_DENSITY,
    DRAWN_CLIPS,
    FEWEST_RECORDINGS,
    ONSET_S,
    QUIET_WITHIN_DB,
    SHIFTS,
    SNIPPET_REACH_S,
    TRACKED_FEATURES,
)

_DEAD = "the feature is never active"
_BINS = "read from the histogram's log2 bins"

FEATURES: Figures = {
    **FEATURE,
    "frames_active": Figure("Active frames", "The number of valid frames on which the feature is active.", "frames"),
    "clips_active": Figure("Clips", "The number of clips with at least one active frame.", "clips"),
    "recordings_active": Figure("Recordings", "The number of recordings with at least one active frame.", "recordings"),
    "density": Figure("Density", "The share of valid frames on which the feature is active.", "share"),
    "clip_density": Figure("Clip density", "The share of clips with at least one active frame.", "share"),
    "max": Figure(
        "Maximum",
        "Its largest value on any valid frame; traces and colours are scaled by it.",
        "activation",
        _DEAD,
    ),
    "mean_active": Figure(
        "Mean when active", "The mean value over its active frames; zeros are left out.", "activation", _DEAD
    ),
    "sd_active": Figure("SD when active", "The standard deviation over its active frames.", "activation", _DEAD),
    "q50": Figure("Median when active", f"Half of its active frames are below; {_BINS}.", "activation", _DEAD),
    "q90": Figure("90 % quantile", f"Nine tenths of its active frames are below; {_BINS}.", "activation", _DEAD),
    "q99": Figure(
        "99 % quantile",
        "All but a hundredth of its active frames are below; read from the same bins.",
        "activation",
        _DEAD,
    ),
    "burst_s": Figure("Burst", "The mean length, in seconds, of a run of active frames.", "s", _DEAD),
    "pad_rate": Figure(
        "Padding rate",
        "The share of padded frames on which it fires.",
        "share",
        "no frame is padded, or features are selected by comparing values of a frame or a clip, which decides it",
    ),
    "onset_ratio": Figure(
        "Onset ratio",
        f"Its rate in the first {ONSET_S:g} s of the window over its rate elsewhere; 1 where position does not"
        " matter, infinite where it fires nowhere else.",
        "ratio",
        "the feature is never active, or no clip is longer than that",
    ),
    "energy_corr": Figure(
        "Correlation with loudness",
        "Pearson correlation, over valid frames, of its value with the frame's energy in the display mel.",
        "correlation",
        _DEAD,
    ),
    "decoder_norm": Figure("Decoder norm", "The length of its decoder row before it is folded into the values."),
    "state": Figure(
        "State",
        f"Dead: never active on this corpus; rare: in fewer than {FEWEST_RECORDINGS} recordings; dense: on more than"
        f" {percent(DENSE_DENSITY)} of valid frames; live: all others.",
    ),
    "mass_shown": Figure(
        "Activation shown", "The share of the feature's whole activation that its examples hold.", "share", _DEAD
    ),
}

MEASURED: Mapping[str, Figures] = {
    "peaks": {
        "feature": Figure("Feature", "The number of a feature that fires in the clip."),
        **CLIP,
        "peak": Figure("Peak", "Its largest value within a clip's valid frames.", "activation"),
        "peak_frame": Figure("Peak frame", "The first frame of that value, from the clip's start.", "frames"),
        "frames_active": Figure("Active frames", "Valid frames of the clip on which it is active.", "frames"),
        "sum": Figure("Sum", "Of its values over the clip's valid frames.", "activation"),
        "peak_matched": Figure(
            "Matched peak",
            "Its peak within one stretch of the clip, placed by hash and as long in every clip; domains are tested by"
            " it, so that longer clips gain nothing.",
            "activation",
            "the clip is shorter than the stretch",
        ),
        "peak_cell": Figure(
            "Matched peak within the dataset",
            "Its peak within one stretch of the clip, placed by hash and as long in every clip of its dataset and"
            " domain; labels are tested by it, so that datasets of short clips are tested, too.",
            "activation",
            "the clip is shorter than its dataset's stretch",
        ),
    },
    "codes": {
        **CLIP,
        "frame": Figure("Frame", "A frame of the clip that is sampled by its content."),
        "features": Figure("Features", "The features that are active on it."),
        "values": Figure("Values", "Their values, in the same order.", "activation"),
    },
    "features": FEATURES,
    "origins": {
        **FEATURE,
        "matches": Figure("Matches", "The feature, of the dictionary that is controlled for, whose density it has."),
        "clip": Figure(
            "Drawn from",
            "The clip of the frame that a template is the direction of. What the template does in that clip's recording"
            " counts for nothing where labels and peaks are tested.",
            null="the direction was not drawn from a frame",
        ),
    },
    "histograms": {
        **FEATURE,
        "counted": Figure("Counted", "What is counted: `frames`, active ones, or `peaks`, of clips by domain."),
        "domain": Figure("Domain", "The domain of the clips; empty for frames."),
        "counts": Figure(
            "Counts",
            "By value, in the bins of the card's `histogram_edges`; the end bins hold what lies beyond.",
        ),
    },
    "examples": {
        **FEATURE,
        "group": Figure(
            "Group",
            "`top`: largest peaks, one per recording. `high`, `mid`, `low`: thirds of the clips that it fires on, and"
            f" `random`: any of them, drawn from the {DRAWN_CLIPS} of smallest hash. `quiet`: clips of the same dataset"
            f" within {QUIET_WITHIN_DB:g} dB in which it is silent.",
        ),
        "rank": Figure("Rank", "The place in its group, from 1."),
        **CLIP,
        "start_s": Figure(
            "Start", f"Where the snippet begins: {SNIPPET_REACH_S:g} s before the peak, within the clip.", "s"
        ),
        "end_s": Figure("End", f"Where it ends: {SNIPPET_REACH_S:g} s after the peak.", "s"),
        "peak_s": Figure("Peak time", "The middle of the peak's frame, or of a quiet snippet.", "s"),
        "peak": Figure("Peak", "The largest value in the clip; 0 in a quiet one.", "activation"),
        "trace": Figure("Trace", "The value on each frame of the snippet.", "1/255 of the feature's maximum"),
    },
    "tracks": {
        **CLIP,
        **DICTIONARY,
        "rank": Figure("Rank", f"The place among the {TRACKED_FEATURES} features of largest sum in the clip, from 1."),
        "feature": FEATURE["feature"],
        "peak": Figure("Peak", "Its largest value in the clip.", "activation"),
        "trace": Figure("Trace", "Its value over the whole clip, the larger of every two frames.", "1/255 of the peak"),
    },
    "datasets": {
        **FEATURE,
        "dataset": Figure("Dataset", "One of the datasets of the corpus."),
        "frames": Figure("Frames", "Valid frames of the dataset.", "frames"),
        "frames_active": Figure("Active frames", "Those on which the feature is active.", "frames"),
        "clips": Figure("Clips", "Usable clips of the dataset.", "clips"),
        "clips_active": Figure("Active clips", "Those in which the feature fires.", "clips"),
        "recordings_active": Figure("Active recordings", "Recordings in which the feature fires.", "recordings"),
    },
    "mel": {
        **FEATURE,
        "spectrum": Figure(
            "Spectrum",
            f"The mean spectrum weighted by its activation, in {MEL_BANDS} bands; pages show the difference from the"
            " corpus mean.",
            "dB over the floor of the display mel",
            _DEAD,
        ),
        "patch": Figure(
            "Mel around the peak",
            "The mean of one second of log-mel centred on the peaks of its top examples, band by band.",
            "steps of the display mel; the card says how many make a dB, and which one means no sound",
            _DEAD,
        ),
        "windows": Figure("Windows", "The number of examples that the patch is the mean of."),
    },
    "timed_counts": {
        **FEATURE,
        "tier": Figure("Tier", "The kind of timed label."),
        "label": Figure("Label", "A phone or word; empty for frames without one of the counted labels."),
        "frames_label": Figure("Frames of the label", "In the whole corpus.", "frames"),
        "frames_active": Figure("Active frames", "Those on which the feature is active.", "frames"),
        "shifted": Figure(
            "Shifted", f"The same under {SHIFTS} circular shifts of the clip's alignment against its sound.", "frames"
        ),
        "sum": Figure("Sum", "Of the feature's values under the label.", "activation"),
        "sum_squares": Figure("Sum of squares", "Of the same values.", "activation²"),
        "recordings": Figure("Recordings", "Those that hold the label and in which the feature fires.", "recordings"),
        "recording_moments": Figure(
            "Moments",
            "Over recordings, the sum of active frames less those expected if the feature were blind to labels within"
            " the recording, and the sum of the squares of these differences.",
            "frames, frames²",
        ),
    },
}
