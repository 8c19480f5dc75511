"""Entries of the table `findings`: what names a feature, and what stands beside the name."""

from atlas.schema.figures.entry import FEATURE, Figure, Figures

_UNPLACED = "the feature is dead, or the dictionary's directions vary alike in every dimension"
_NO_PEAKS = "its peaks name it after nothing"
_NAMELESS = "no label, phone, word or domain names the feature"

FINDINGS: Figures = {
    **FEATURE,
    "named_by": Figure(
        "Named by",
        "What names the feature: `dead`, `padding`, `onset`, the word or phone at its `peaks`, a `label` of clips,"
        " the phone or word of its frames (`timed`), a `domain`, or `none`.",
    ),
    "kind": Figure("Kind", "Of the name: the label's kind, or the tier.", null="the name is no label, phone or word"),
    "label": Figure("Label", "The label, phone, word or domain that names the feature.", null=_NAMELESS),
    "value": Figure(
        "Value",
        "The effect that named it: held-out peak purity; AUROC of a label or domain; share of its active frames under"
        " a phone or word, or at the onset; its rate on padding.",
        null="the feature is dead, or nothing names it",
    ),
    "low": Figure("Low", "Lower end of the interval of `value`.", null="there is no interval"),
    "high": Figure("High", "Upper end of the interval of `value`.", null="there is no interval"),
    "q": Figure("q", "Of the test that the name rests on.", null=_NAMELESS),
    "recordings": Figure("Recordings", "The recordings that this test rests on.", "recordings", _NAMELESS),
    "best_by": Figure(
        "Best by",
        "Whether a label of clips (`label`) or a phone or word (`timed`) is found further above its chance.",
        null="there is neither",
    ),
    "clip_kind": Figure("Kind of clip label", "Of `clip_label`.", null="no label of clips stands out"),
    "clip_label": Figure(
        "Best clip label",
        "The label of clips that the feature finds best, whatever names it; its figures stand in `labels`.",
        null="no label of clips stands out",
    ),
    "tier": Figure("Tier", "Of `timed_label`.", null="no phone or word stands out"),
    "timed_label": Figure(
        "Phone or word",
        "The phone or word that holds most of its active frames; its figures stand in `timed_labels`.",
        null="no phone or word stands out",
    ),
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
        "Why there is no best label: `no labels` in the corpus, `untested`, `none significant`, or `none stands out`,"
        " where some are significant but hardly more frequent than expected.",
        null="there is one",
    ),
    "significant": Figure("Significant", "Labels, phones and words whose q is small enough.", "labels"),
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
    "flags": Figure("Flags", "Reasons to doubt that it detects a sound; an empty list for none."),
    "map_x": Figure("Map, across", "Its place on the map of decoder directions, from -1 to 1.", "", _UNPLACED),
    "map_y": Figure("Map, up", "Its place on the map of decoder directions, from -1 to 1.", "", _UNPLACED),
}
