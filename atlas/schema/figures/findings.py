"""Entries of the table `findings`: what names a feature, what it leans to, and what stands beside the name."""

from atlas.formatting import fraction, percent
from atlas.schema.figures.entry import FEATURE, Figure, Figures
from atlas.schema.thresholds import LEANING_PURITY, NAMED_F1, NAMED_PHI, NAMED_PRECISION, OTHER_LABEL, TOP_RECORDINGS

_UNPLACED = "the feature is dead, or the dictionary's directions vary alike in every dimension"
_NO_PEAKS = f"held-out purity is below {fraction(LEANING_PURITY)} in every tier, or no more than chance"
_NAMELESS = "no label, phone, word or domain names the feature, nor comes close"
_NO_LABEL = "no label of clips is significant and searched"
_ALONE = "there is no second part"
_NOT_SHARED = "no other feature has the name, or nothing tells them apart"
_HITS = f"{NAMED_PRECISION * TOP_RECORDINGS:g} of {TOP_RECORDINGS}"


def _beside(column: str, control: str) -> Figures:
    """What a control has for the same label."""
    return {
        f"{column}_best": Figure(
            f"Best of {control}",
            f"The largest `value` that one of the {control} has for the same label, phone, word or class; beside a"
            " feature of these, the largest of the others.",
            null="there are none, none of them has one, or neither names the feature",
        ),
        f"{column}_feature": Figure(
            f"Best of {control}, which", "The number of that direction.", null=f"`{column}_best` is blank"
        ),
        f"{column}_rank": Figure(
            f"Rank among {control}",
            f"Its place among the {control} for the same label, by `value`: 1 if it is above all.",
            null="there are none, or no label, phone, word or class names the feature or is leant to",
        ),
    }


FINDINGS: Figures = {
    **FEATURE,
    "named_by": Figure(
        "Named by",
        "What names the feature: the word, phone or class at its `peaks`, a `label` of clips, a `domain`; where nothing"
        " of these is true, `padding`, `onset`, `clip edge` or `silence`; `leaning` where something comes close, `none`"
        " or `dead`.",
    ),
    "kind": Figure("Kind", "Of `label`: the label's kind, the tier, or `domain`.", null=_NAMELESS),
    "label": Figure(
        "Label", "The label, phone, word or domain that names the feature, or that it leans to.", null=_NAMELESS
    ),
    "second_kind": Figure("Kind of second part", "Of `second_label`.", null=_ALONE),
    "second_label": Figure(
        "Second part of the name",
        "What is true of the feature as well: a label of clips beside a word or phone; a second label of clips, which"
        f" fewer than {percent(OTHER_LABEL)} of the rarer one's recordings share with the first, and which is held out"
        " as the first is; or a domain.",
        null=_ALONE,
    ),
    "apart_kind": Figure(
        "Told apart by", "Of `apart_label`: `language`, `edge`, `loudness`, or a kind of label.", null=_NOT_SHARED
    ),
    "apart_label": Figure(
        "Told apart", "What tells it from the other features of its name: second evidence, held out.", null=_NOT_SHARED
    ),
    "value": Figure(
        "Value",
        "The effect that named it: held-out peak purity, held-out F1 of a label, AUROC of a domain, share of its active"
        " frames at the onset, its rate on padding.",
        null="the feature is dead, or nothing names it",
    ),
    "low": Figure("Low", "Lower end of the interval of `value`.", null="there is no interval"),
    "high": Figure("High", "Upper end of the interval of `value`.", null="there is no interval"),
    "phi": Figure("Phi, held out", "Of the label of clips that names it.", null="it is no label of clips"),
    "q": Figure("q", "Of the test that the name rests on.", null=_NAMELESS),
    "recordings": Figure("Recordings", "The recordings that this test rests on.", "recordings", _NAMELESS),
    "mass_share": Figure(
        "Share of activation",
        "How much of its activation lies under the word or phone, or in recordings with the label.",
        "share",
        "it is named after neither, or fires on too few sampled frames",
    ),
    "mass_base": Figure("Base share", "What that share would be by chance.", "share", "it is named after neither"),
    "leans_kind": Figure("Kind that it leans to", "Of `leans_to`.", null="it leans to nothing"),
    "leans_to": Figure(
        "Leans to",
        "The phone, word, class or label of clips that comes closest to a name, where none is one: see `null_reason`.",
        null="it leans to nothing",
    ),
    "clip_kind": Figure("Kind of clip label", "Of `clip_label`.", null=_NO_LABEL),
    "clip_label": Figure(
        "Best clip label",
        "The label of clips that one half of the recordings chooses and that has the larger phi on the other, whatever"
        " names the feature; its figures stand in `labels`.",
        null=_NO_LABEL,
    ),
    "confound": Figure(
        "AUROC of loudness or length",
        "How well loudness alone, or length alone, predicts the best clip label: the larger of the two, in either"
        " direction.",
        "probability",
        _NO_LABEL,
    ),
    **_beside("control", "random directions"),
    **_beside("template", "templates"),
    **_beside("untrained", "features of an untrained encoder"),
    **_beside("mel", "directions in the log-mel"),
    "peak_tier": Figure("Tier of peaks", "Of `peak_label`.", null=_NO_PEAKS),
    "peak_label": Figure(
        "Word, phone or class",
        "The narrowest at which its strongest peaks stand, held out; its figures stand in `peak_labels`.",
        null=_NO_PEAKS,
    ),
    "purity": Figure("Held-out peak purity", "Of `peak_label`.", "share", _NO_PEAKS),
    "domain": Figure("Domain", "The domain that it is specialised to.", null="it is specialised to none"),
    "null_reason": Figure(
        "Null reason",
        "Why no word, phone, class or label of clips names it: `no labels`, `untested`, `none significant`, `none"
        " stands out` (significant, but where the label is not); of the best one: `impure peaks`, `within chance`"
        f" (shuffled labels reach its F1), `halves differ`, `weak` (held-out F1 below {fraction(NAMED_F1)} or phi below"
        f" {fraction(NAMED_PHI)}), `others stronger` (fewer than {_HITS} of its strongest recordings have it),"
        " `loudness` or `length` (which alone tells it as well; or, where there is no best one, which explains that it"
        " tells a domain), `clip edges` (where its strongest peaks stand).",
        null="one does",
    ),
    "significant": Figure("Significant", "Labels of clips whose q is small enough.", "labels"),
    "denser": Figure(
        "Denser than",
        "The share of the dictionary's live and dense features that fire on fewer frames.",
        "share",
        "there are no such features",
    ),
    "denser_control": Figure(
        "Denser than the control's",
        "The same among the features of its random control.",
        "share",
        "it has no control",
    ),
    "flags": Figure("Flags", "Reasons to doubt that it detects a sound; an empty list if there are none."),
    "map_x": Figure("Map, across", "Its place on the map of decoder directions, from -1 to 1.", "", _UNPLACED),
    "map_y": Figure("Map, up", "Its place on the map of decoder directions, from -1 to 1.", "", _UNPLACED),
}
