"""The outcomes of effects, and the tables that say how effects of a dictionary were measured and how many pass."""

from atlas.formatting import fraction
from atlas.schema.effects import FEWEST_BEYOND
from atlas.schema.figures.entry import DICTIONARY, Figure, Figures
from atlas.schema.thresholds import FEWEST_EFFECT_RECORDINGS, HEARD_NATS, NEAR_S, SIGNIFICANT_Q

OF_OUTCOME = "of the outcome"
_NOTHING = "nothing was measured"
OUTCOME = Figure(
    "Outcome",
    "What is measured. `local`, the primary outcome where there are transcripts: the change of log-probability of the"
    f" unedited transcript on tokens said within {NEAR_S:g} s of an edited frame (`near`), less that on its others"
    " (`elsewhere`; the end of the text is neither). `transcript`: on all its tokens, the end of the text included."
    " `reference`: on the corpus's own text. `label`: on the first token of each word near an edited frame that has the"
    " phone, or is the word, that names the feature, less that on the first tokens of the clip's words without it; a"
    " word counts where its log-probability falls by"
    f" {HEARD_NATS:g} nat or more when the audio is silence. `KL`: how far all probabilities move. `no-speech`: the"
    " probability that nobody speaks. `language`: the log-probability of the language that names the feature,"
    " and else of the one that is likeliest unedited. `tag`: that of the tag that is likeliest unedited. `WER`: the"
    " fewest words put in, left out or replaced that make the unedited transcript the edited one, as a share of the"
    " unedited one's words. `reference WER`: the word error rate against the corpus's text, edited"
    " less unedited. Both are told of the few features whose transcripts were written out, so that a family of them"
    f" seldom has the {FEWEST_BEYOND} features without which none passes. `downstream`: 1 less the cosine of"
    " the last layer's frames with the unedited ones.",
)

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
    "untested": Figure(
        "Measured without a test",
        "Those of them that have no q of the primary outcome: too little is said near where they fire, or elsewhere, or"
        f" a decoy could be measured in fewer than {FEWEST_EFFECT_RECORDINGS} recordings.",
        "features",
    ),
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
        f"The smallest effect beyond the decoy's, of the primary outcome, with a q below {fraction(SIGNIFICANT_Q)}.",
        OF_OUTCOME,
        "no feature has such a q",
    ),
}

SHARES: Figures = {
    **DICTIONARY,
    "outcome": OUTCOME,
    "of": Figure(
        "Of",
        "Which measured features: `all`; those chosen by `screening`, `name`, `draw` or `config`; those that are"
        " `named` after something that they detect; or those named after a kind of label, such as `phones` or `words`.",
    ),
    "measured": Figure("Measured", "Those that have a q for the outcome.", "features"),
    "passing": Figure(
        "Passing",
        f"Those whose q is below {fraction(SIGNIFICANT_Q)}, with an interval on one side of zero.",
        "features",
    ),
    "decoys": Figure(
        "Decoys passing",
        f"How many of their decoys do more than their features, by as much as a feature needs for a q below"
        f" {fraction(SIGNIFICANT_Q)}.",
        "decoys",
        "no statistic suffices for such a q",
    ),
    "beyond": Figure(
        "Beyond their decoys",
        "How many do more than their decoys, by however little; half would if features were no more than decoys.",
        "features",
    ),
    "median_size": Figure("Median size", "The median size of their effects.", OF_OUTCOME),
    "median_decoy": Figure("Median size, decoys", "The median size of their decoys' effects.", OF_OUTCOME),
}
