"""Words that definitions and pages use without saying what they mean each time; none is a column."""

from atlas.formatting import fraction
from atlas.schema.figures.entry import Figure, Figures
from atlas.schema.thresholds import MARGIN_F1, MARGIN_PEAKS, SHIFTS, SHUFFLES

TERMS: Figures = {
    "active": Figure(
        "Active", "Its value lies above its threshold on this frame; all figures about activation look at such frames."
    ),
    "recording": Figure(
        "Recording",
        "What clips were cut from, or belong together by. Tests count recordings, never frames or clips, so that a long"
        " recording counts no more than a short one.",
    ),
    "matched_stretch": Figure(
        "Matched stretch",
        "One stretch of each recording, as long in every one that it is compared with and placed by its content. A"
        " feature's matched peak is its largest value within it, so that longer clips gain nothing.",
    ),
    "heldout": Figure(
        "Held out",
        "Recordings are split into two halves. One half chooses a label or a threshold; the figure is read on the"
        " other, the held-out half. This is done both ways, and the mean of the two is shown.",
    ),
    "permuted": Figure(
        "Permuted",
        f"The labels are shuffled among recordings of the same dataset, {SHUFFLES} times, and everything is searched"
        " again: the best that chance alone reaches.",
    ),
    "shifted": Figure(
        "Shifted",
        f"The labels in time are rotated against the sound, {SHIFTS} times, so that they keep their lengths and their"
        " order and stand at the wrong moments: the best that chance alone reaches.",
    ),
    "control_best": Figure(
        "Best of a control",
        "A control is directions that were not learned from this layer, as often active as the features. For this"
        " label, the best of them, read the same way. A feature exceeds it where its purity is larger by"
        f" {MARGIN_PEAKS} or more of the peaks looked at, or its F1 by more than {fraction(MARGIN_F1).rstrip('0')};"
        " one that does not shows nothing that a control does not show, too.",
    ),
    "purity_peaks": Figure(
        "Strongest peaks",
        "Its largest values, at most one in each recording, one in each text and one in each phrase, so that no clip"
        " counts twice.",
    ),
}
