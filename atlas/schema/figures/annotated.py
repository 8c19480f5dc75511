"""The tables that `annotate` writes."""

from collections.abc import Mapping

from atlas.schema.figures.entry import CLIP, Figure, Figures
from atlas.schema.thresholds import F0_RANGE_HZ, VOICED_PERIODICITY

_SILENT = "the sound lies below the floor of the display mel"

ANNOTATED: Mapping[str, Figures] = {
    "columns": {
        **CLIP,
        "frame": Figure("Frame", "The number of the frame in its clip; those that `codes` samples."),
        "loudness": Figure(
            "Loudness",
            "A-weighted mean power in the 32 ms around the frame's middle, relative to full scale; not below the floor"
            " of the display mel.",
            "dB",
        ),
        "centroid": Figure(
            "Spectral centroid",
            "The mean of the logarithm of frequency, weighted by power, in octaves from 1 kHz.",
            "octaves",
            _SILENT,
        ),
        "flatness": Figure(
            "Spectral flatness",
            "The geometric over the arithmetic mean of power from 100 Hz to 7 kHz: near 0 dB for noise, far below for"
            " tones.",
            "dB",
            _SILENT,
        ),
        "onset": Figure(
            "Onset strength",
            "How much the bands of the mel rise within 20 ms: the mean over bands of what is no fall.",
            "dB",
            "the clip begins less than 20 ms before",
        ),
        "voiced": Figure(
            "Voicing",
            "How alike successive periods are, by YIN: 1 for a periodic sound, 0 for noise and silence.",
        ),
        "f0": Figure(
            "Fundamental frequency",
            f"By YIN, in semitones from 100 Hz; between {F0_RANGE_HZ[0]:g} and {F0_RANGE_HZ[1]:g} Hz.",
            "semitones",
            f"voicing is below {VOICED_PERIODICITY:g}, or the frequency lies outside",
        ),
    },
}
