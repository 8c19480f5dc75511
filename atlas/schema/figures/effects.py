"""The tables that `effects` writes: what features do to what the model says, and the controls of it."""

from collections.abc import Mapping

from atlas.formatting import fraction, percent
from atlas.schema.effects import FEWEST_BEYOND
from atlas.schema.figures.effect_runs import OF_OUTCOME, OUTCOME, RUNS, SHARES
from atlas.schema.figures.entry import CLIP, FEATURE, Figure, Figures
from atlas.schema.thresholds import (
    CONTROL_DIRECTIONS,
    DOSE_RECORDINGS,
    DOSES,
    EFFECT_RECORDINGS,
    EFFECT_TOKENS_KEPT,
    FEWEST_CONTROL_RECORDINGS,
    FEWEST_EFFECT_RECORDINGS,
    FEWEST_TOKEN_RECORDINGS,
    INTERVAL,
    NEAR_S,
    SCREENING_DIRECTIONS,
    SIGNIFICANT_Q,
    SILENT_STRETCH_S,
)

_NATS = "nats a token"
_WIDTH = percent(INTERVAL[1] - INTERVAL[0])
_NOT_LOCAL = "the outcome is not `local`"
_NO_DECOY = f"fewer than {FEWEST_EFFECT_RECORDINGS} recordings have a decoy, too"
_NO_CONTROLS = f"the full set of controls was not measured, or in fewer than {FEWEST_CONTROL_RECORDINGS} recordings"
_NO_DOSES = "doses were not tried on the feature: it did not pass, or the budget of doses went to others"
_UNTOLD = f"{_NO_DECOY}, or no statistic would have sufficed: fewer than {FEWEST_BEYOND} features stand out"
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
        "`never fires`; `too few recordings`: it fires in fewer than"
        f" {FEWEST_EFFECT_RECORDINGS} of half B; `silent in half A`, so that screening could not choose it; `beyond"
        " budget`. Or why it was measured and has no `local` outcome, as too few recordings have something said both"
        " near it and elsewhere: `nothing said near` it or `nothing said elsewhere`, whichever is lacking in more.",
        null="it was measured exactly, and has the primary outcome",
    ),
}

EFFECTS: Figures = {
    **FEATURE,
    "outcome": OUTCOME,
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
        OF_OUTCOME,
    ),
    "low": Figure(
        "Effect, lower bound", f"The lower end of its {_WIDTH} interval, by resampling recordings.", OF_OUTCOME
    ),
    "high": Figure("Effect, upper bound", "The upper end of the same interval.", OF_OUTCOME),
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
        OF_OUTCOME,
        _NO_DECOY,
    ),
    "decoy": Figure(
        "Decoy's effect",
        "The median over recordings when the same frames are moved as far along a direction drawn from the tap's"
        " covariance, and signed so that it takes something away, too.",
        OF_OUTCOME,
        _NO_DECOY,
    ),
    "q": Figure(
        "q of an effect",
        "By target and decoy, over all measured features of the dictionary for this outcome: one more than the decoys"
        " that do as much more than their features, over the features that do as much more than their decoys; of all"
        f" thresholds above zero that the feature reaches, the best. A feature passes where q is below"
        f" {fraction(SIGNIFICANT_Q)} and the interval of its effect lies on one side of zero. A family of fewer than"
        f" {FEWEST_BEYOND} cannot pass.",
        "share",
        _NO_DECOY,
    ),
    "smallest_seen": Figure(
        "Smallest seen",
        "The size of effect that would have passed about four times in five, given what its decoy does, how both"
        " scatter over recordings, and what others do.",
        OF_OUTCOME,
        _UNTOLD,
    ),
    "control_recordings": Figure(
        "Recordings with controls",
        "Those with the full set of controls: others than those by which the feature was chosen to be displayed.",
        "recordings",
    ),
    "control_effect": Figure(
        "Effect beside controls", "The median over just these recordings.", OF_OUTCOME, _NO_CONTROLS
    ),
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
            OF_OUTCOME,
            _NO_CONTROLS,
        )
        for kind, directions in _CONTROLS.items()
    },
    "shifted": Figure(
        "Effect on other frames",
        "The median when the same changes are moved around the clip by a quarter to three quarters of its length.",
        OF_OUTCOME,
        _NO_CONTROLS,
    ),
    "scaled": Figure(
        "Effect of plain scaling",
        "The median when the activations of the same frames are made smaller by as much.",
        OF_OUTCOME,
        _NO_CONTROLS,
    ),
    "mean_difference": Figure(
        "Effect of the label's direction",
        "The median when the same frames are moved as far along the difference of means of the label that names it.",
        OF_OUTCOME,
        f"{_NO_CONTROLS}, or nothing names it",
    ),
    **{
        f"dose_{number}": Figure(
            f"Effect at dose {dose:g}",
            f"The median when it is set to {dose:g} times the 90th percentile of its active values, where it is active;"
            f" over {DOSE_RECORDINGS} recordings at most.",
            OF_OUTCOME,
            _NO_DOSES,
        )
        for number, dose in enumerate(DOSES, start=1)
    },
    **{
        f"elsewhere_{number}": Figure(
            f"Effect at dose {dose:g}, where it is silent",
            f"The same on a stretch of {SILENT_STRETCH_S:g} s in which it never fires.",
            OF_OUTCOME,
            f"{_NO_DOSES}, or it never pauses so long",
        )
        for number, dose in enumerate(DOSES, start=1)
    },
    **{
        f"{edit}_{number}_decoy": Figure(
            f"Decoy's effect at dose {dose:g}{where}",
            "The median when the same frames are moved as far along the decoy's direction.",
            OF_OUTCOME,
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
    "outcome": Figure(OUTCOME.name, f"{OUTCOME.meaning} Here `near` and `elsewhere` have rows of their own."),
    "value": Figure("Change", "The outcome edited less unedited.", OF_OUTCOME),
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

CAUSES: Mapping[str, Figures] = {
    "screening": SCREENING,
    "effects": EFFECTS,
    "effect_pairs": PAIRS,
    "effect_tokens": TOKENS,
    "effect_examples": EXAMPLES,
    "effect_runs": RUNS,
    "effect_shares": SHARES,
}
