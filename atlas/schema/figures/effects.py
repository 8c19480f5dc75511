"""The tables that `effects` writes: what features do to what the model says, and the controls of it."""

from collections.abc import Mapping

from atlas.formatting import fraction, percent
from atlas.schema.figures.entry import CLIP, DICTIONARY, FEATURE, Figure, Figures
from atlas.schema.thresholds import (
    CONTROL_DIRECTIONS,
    DOSE_RECORDINGS,
    DOSES,
    EFFECT_RECORDINGS,
    EFFECT_TOKENS_KEPT,
    FEWEST_CONTROL_RECORDINGS,
    FEWEST_EFFECT_RECORDINGS,
    FEWEST_TOKEN_RECORDINGS,
    HEARD_NATS,
    INTERVAL,
    NEAR_S,
    SCREENING_DIRECTIONS,
    SIGNIFICANT_Q,
    SILENT_STRETCH_S,
)

_NATS = "nats a token"
_OWN = "of the outcome"
_WIDTH = percent(INTERVAL[1] - INTERVAL[0])
_NOT_LOCAL = "the outcome is not `local`"
_NO_DECOY = f"fewer than {FEWEST_EFFECT_RECORDINGS} recordings have a decoy, too"
_NO_CONTROLS = f"the full set of controls was not measured, or in fewer than {FEWEST_CONTROL_RECORDINGS} recordings"
_NO_DOSES = "doses were not tried on the feature, as it did not pass"
_NOTHING = "nothing was measured"
_OUTCOME = Figure(
    "Outcome",
    "What is measured. `local`, the primary outcome where there are transcripts: the change of log-probability of the"
    f" unedited transcript on tokens said within {NEAR_S:g} s of an edited frame (`near`), less that on its others"
    " (`elsewhere`). `transcript`: on all its tokens. `reference`: on the corpus's own text. `label`: on the first"
    " token of each word that has the phone, or is the word, that names the feature, less that on the first tokens of"
    " other words; a word counts where its log-probability falls by"
    f" {HEARD_NATS:g} nat or more when the audio is silence. `KL`: how far all probabilities move. `no-speech`: the"
    " probability that nobody speaks. `language`, `tag`: the log-probability of the language or tag that is likeliest"
    " unedited. `WER`: the words that change, as a share. `downstream`: 1 less the cosine of the last layer's frames"
    " with the unedited ones.",
)
_RANK = "among the {0} that moved the same frames as far: the share whose effects are smaller; equal ones count half."
_CONTROLS: Mapping[str, str] = {
    "features": "live features of nearest density and energy",
    "isotropic": "isotropic random directions",
    "covariance": "directions drawn from the tap's covariance",
}

SCREENING: Figures = {
    **FEATURE,
    "recordings": Figure(
        "Recordings, screened", "Recordings of half A that the feature fires in and that were screened.", "recordings"
    ),
    "gradient_effect": Figure(
        "Gradient's guess",
        "What ablating the feature would change in the mean log-probability of the transcript, to first order: from one"
        " backward pass a clip, the mean over recordings of half A. It chooses what is measured exactly, and is no"
        " effect.",
        _NATS,
        "the feature was not screened",
    ),
    "control_share_below": Figure(
        "Screening, above controls",
        f"The share of {SCREENING_DIRECTIONS} directions of the tap's covariance, on the same frames and of the same"
        " norms, whose first-order effect is smaller in size.",
        "share",
        "the feature was not screened",
    ),
    "recordings_b": Figure(
        "Recordings, half B", "Recordings of half B that it fires in and that can be measured.", "recordings"
    ),
    "chosen_by": Figure(
        "Chosen by",
        "Why it was measured exactly: by the `screening`, because it has a `name`, by a random `draw`, which stands for"
        " the rest, or because the `config` asks for it.",
        null="it was not measured exactly",
    ),
    "null_reason": Figure(
        "Why not measured",
        "`never fires`; `silent in half A`; `too few recordings`: it fires in fewer than"
        f" {FEWEST_EFFECT_RECORDINGS} of half B; `no gradient`: the readout has none; `beyond budget`.",
        null="it was measured exactly",
    ),
}

EFFECTS: Figures = {
    **FEATURE,
    "outcome": _OUTCOME,
    "pairs": Figure("Clips, measured", "Clips in which the feature was ablated, each beside its decoy.", "clips"),
    "recordings": Figure(
        "Recordings, measured",
        f"Recordings of half B that these clips are from, {EFFECT_RECORDINGS} at most; clips of one recording count"
        " once, by their mean.",
        "recordings",
    ),
    "effect": Figure(
        "Effect",
        "What changes when the feature is taken away wherever it fires: the median over recordings. Below zero, what"
        " the model says becomes less probable without the feature.",
        _OWN,
    ),
    "low": Figure("Effect, lower bound", f"The lower end of its {_WIDTH} interval, by resampling recordings.", _OWN),
    "high": Figure("Effect, upper bound", "The upper end of the same interval.", _OWN),
    "same_sign": Figure(
        "Same direction",
        "The share of recordings whose change has the sign of the effect.",
        "share",
        "the effect is zero",
    ),
    "local": Figure(
        "Near", f"The median change on tokens said within {NEAR_S:g} s of an edited frame.", _NATS, _NOT_LOCAL
    ),
    "elsewhere": Figure("Elsewhere", "The median change on all other tokens.", _NATS, _NOT_LOCAL),
    "statistic": Figure(
        "Effect beyond the decoy's",
        "The size of the feature's median over the recordings in which both were measured, less that of its decoy;"
        " below zero where the decoy does more.",
        _OWN,
        _NO_DECOY,
    ),
    "decoy": Figure(
        "Decoy's effect",
        "The median over recordings when the same frames are moved as far along a direction drawn from the tap's"
        " covariance, and signed so that it takes something away, too.",
        _OWN,
        _NO_DECOY,
    ),
    "q": Figure(
        "q of an effect",
        "By target and decoy, over all measured features of the dictionary for this outcome: one more than the decoys"
        " that do as much more than their features, over the features that do as much more than their decoys; of all"
        f" thresholds above zero that the feature reaches, the best. A feature passes below {fraction(SIGNIFICANT_Q)}.",
        "share",
        _NO_DECOY,
    ),
    "smallest_seen": Figure(
        "Smallest seen",
        "The size of effect that would have passed about four times in five, given what its decoy does and how both"
        " scatter over recordings; where no feature passes, that would have exceeded its decoy by more than any decoy"
        " exceeds its feature.",
        _OWN,
        _NO_DECOY,
    ),
    "control_recordings": Figure(
        "Recordings with controls",
        "Those with the full set of controls: others than those by which the feature was chosen to be displayed.",
        "recordings",
    ),
    "control_effect": Figure("Effect beside controls", "The median over just these recordings.", _OWN, _NO_CONTROLS),
    **{
        f"rank_{kind}": Figure(
            f"Rank among {kind.replace('features', 'other features')}",
            f"Its place, by the size of the median over these recordings, {_RANK.format(directions)}",
            "share",
            _NO_CONTROLS,
        )
        for kind, directions in _CONTROLS.items()
    },
    **{
        f"controls_{kind}": Figure(
            f"Effects of {directions}",
            f"Medians over the same recordings, ascending; {CONTROL_DIRECTIONS} where so many could be had."
            + (" Others in each recording: those that are active in the edited frames." if kind == "features" else ""),
            _OWN,
            _NO_CONTROLS,
        )
        for kind, directions in _CONTROLS.items()
    },
    "shifted": Figure(
        "Effect on other frames",
        "The median when the same changes are moved around the clip by a quarter to three quarters of its length.",
        _OWN,
        _NO_CONTROLS,
    ),
    "scaled": Figure(
        "Effect of plain scaling",
        "The median when the activations of the same frames are made smaller by as much.",
        _OWN,
        _NO_CONTROLS,
    ),
    "mean_difference": Figure(
        "Effect of the label's direction",
        "The median when the same frames are moved as far along the difference of means of the label that names it.",
        _OWN,
        f"{_NO_CONTROLS}, or nothing names it",
    ),
    **{
        f"dose_{number}": Figure(
            f"Effect at dose {dose:g}",
            f"The median when it is set to {dose:g} times the 90th percentile of its active values, where it is active;"
            f" over {DOSE_RECORDINGS} recordings at most.",
            _OWN,
            _NO_DOSES,
        )
        for number, dose in enumerate(DOSES, start=1)
    },
    **{
        f"elsewhere_{number}": Figure(
            f"Effect at dose {dose:g}, where it is silent",
            f"The same on a stretch of {SILENT_STRETCH_S:g} s in which it never fires.",
            _OWN,
            f"{_NO_DOSES}, or it never pauses so long",
        )
        for number, dose in enumerate(DOSES, start=1)
    },
    **{
        f"{edit}_{number}_decoy": Figure(
            f"Decoy's effect at dose {dose:g}{where}",
            "The median when the same frames are moved as far along the decoy's direction.",
            _OWN,
            _NO_DOSES,
        )
        for edit, where in (("dose", ""), ("elsewhere", ", where it is silent"))
        for number, dose in enumerate(DOSES, start=1)
    },
}

PAIRS: Figures = {
    "feature": FEATURE["feature"],
    **CLIP,
    "edit": Figure(
        "Edit",
        "`ablate`: the feature taken away where it fires. Controls of it, on the same frames and of the same norms:"
        " `decoy`, a direction of the tap's covariance; `feature:17`, another feature's direction; `isotropic:3` and"
        " `covariance:5`, random ones; `scaled`; `means`, the label's difference of means; and `shifted`, the same"
        f" changes on other frames. `dose_1` to `dose_{len(DOSES)}`: set to a dose where it fires; `elsewhere_1` to"
        f" `elsewhere_{len(DOSES)}`: where it is silent; each with a decoy, such as `dose_1_decoy`.",
    ),
    "outcome": Figure(_OUTCOME.name, f"{_OUTCOME.meaning} Here `near` and `elsewhere` have rows of their own."),
    "value": Figure("Change", "The outcome edited less unedited.", _OWN),
    "frames_edited": Figure("Frames edited", "Frames that were changed.", "frames"),
    "norm": Figure(
        "Norm of the edit",
        "How far these frames were moved, in the tap's own units: the root mean square over them.",
        "norm",
    ),
}

TOKENS: Figures = {
    **FEATURE,
    "direction": Figure("Direction", "`down`: less probable when the feature is ablated; `up`: more probable."),
    "rank": Figure("Rank", f"The place among the {EFFECT_TOKENS_KEPT} that change most, from 1."),
    "token": Figure(
        "Token",
        "A word, its sub-words joined, without case or punctuation; of a readout that does not write words, a token.",
    ),
    "change": Figure(
        "Change of a token",
        f"How its log-probability changes where it is said within {NEAR_S:g} s of a frame in which the feature is"
        " ablated, less the change under the decoy of the same clip: the mean within a recording, and the median over"
        " recordings.",
        _NATS,
    ),
    "recordings": Figure(
        "Recordings with the token",
        f"Recordings in which it is said there; {FEWEST_TOKEN_RECORDINGS} at least.",
        "recordings",
    ),
}

EXAMPLES: Figures = {
    **FEATURE,
    "rank": Figure("Rank", "The place among the examples of the feature, from 1."),
    **CLIP,
    "edit": Figure("Edit", "As in `effect_pairs`: `ablate`, or a dose."),
    "dose": Figure("Dose", "Times the 90th percentile of its active values.", "times", "the feature was taken away"),
    "before": Figure("Before", "What the model writes of the unedited clip."),
    "after": Figure("After", "What it writes with the edit."),
    "control_after": Figure(
        "After, control",
        "What it writes with the decoy, which moves the same frames as far.",
        null="that of the decoy was not written",
    ),
    "why": Figure(
        "Why shown",
        "`largest`: the ablation of largest effect among those written out; `median`: the one whose effect lies nearest"
        " their median; `smallest dose`: the smallest dose that changes a word.",
    ),
}

RUNS: Figures = {
    **DICTIONARY,
    "readout": Figure(
        "Readout", "The part of the model that says something of what the encoder gives.", null="there is none"
    ),
    "primary": Figure(
        "Primary outcome", "The outcome by which a feature is said to do something or not.", null=_NOTHING
    ),
    "null_reason": Figure(
        "Why not all was measured",
        "`no decoder`: the checkpoint has none, so `downstream` alone was measured; `nothing follows` the tap; the tap"
        " is `not of the model`; `no speech`: the corpus has too little of it.",
        null="all was measured",
    ),
    "clips": Figure("Clips heard", "Clips that the model says something of that can be measured.", "clips"),
    "recordings_a": Figure("Recordings, half A", "Their recordings in the half that screens.", "recordings"),
    "recordings_b": Figure("Recordings, half B", "Their recordings in the half that is measured.", "recordings"),
    "groups_b": Figure("Groups, half B", "Speakers, or what else groups recordings, in that half.", "groups"),
    "passes": Figure("Passes", "Edits that were passed through the model, controls included.", "edits"),
    "screened": Figure("Screened", "Features that have a first-order effect.", "features"),
    "measured": Figure("Measured exactly", "Features that were ablated.", "features"),
    "screening_rank": Figure(
        "Screening, rank agreement",
        "Spearman's rank correlation, over the features measured exactly, of the gradient's guess on half A with the"
        " effect on the transcript on half B.",
        null="fewer than three features have both, or one of the two does not vary",
    ),
    "screening_pearson": Figure(
        "Screening, agreement in size",
        "Pearson's correlation of the same.",
        null="`screening_rank` is blank",
    ),
    "threshold": Figure(
        "Threshold of an effect",
        "The smallest effect beyond the decoy's, of the primary outcome, with which a feature passes.",
        _OWN,
        "no feature passes",
    ),
}

SHARES: Figures = {
    **DICTIONARY,
    "outcome": _OUTCOME,
    "of": Figure(
        "Of",
        "Which measured features: `all`; those chosen by `screening`, `name`, `draw` or `config`; those that are"
        " `named` after something that they detect; or those named after a kind of label, such as `phones` or `words`.",
    ),
    "measured": Figure("Measured", "Those that have a q for the outcome.", "features"),
    "passing": Figure("Passing", f"Those whose q is below {fraction(SIGNIFICANT_Q)}.", "features"),
    "decoys": Figure(
        "Decoys passing",
        "How many of their decoys do more than their features, by as much as a feature needs to pass.",
        "decoys",
    ),
    "median_size": Figure("Median size", "The median size of their effects.", _OWN),
    "median_decoy": Figure("Median size, decoys", "The median size of their decoys' effects.", _OWN),
}

CAUSES: Mapping[str, Figures] = {
    "screening": SCREENING,
    "effects": EFFECTS,
    "effect_pairs": PAIRS,
    "effect_tokens": TOKENS,
    "effect_examples": EXAMPLES,
    "effect_runs": RUNS,
    "effect_shares": SHARES,
}
