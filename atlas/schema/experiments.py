"""The tables of `atlas experiment`: what a published steering experiment gives on this atlas, beside its controls."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import polars as pl

from atlas.digests import digest_of
from atlas.schema.table import FEATURE, Table, columns_of
from atlas.schema.thresholds import MOST_LANGUAGES

UNEDITED, RECONSTRUCTION, FEATURES_MOVED, MEANS_MOVED, RANDOM_MOVED = VERSIONS = (
    "unedited",
    "reconstruction",
    "features",
    "difference of means",
    "random features",
)
"""how a clip was heard: as it is, by what the dictionary rebuilds of it, with the chosen features changed, and under
two controls of equal norm on the same frames"""

HALLUCINATION = Table(
    name="hallucination",
    writer="experiment",
    key=("dictionary", "version", "k", "dose", "draw"),
    columns={
        **columns_of(pl.String, "dictionary", "version"),
        "k": pl.UInt16,
        "dose": pl.Float64,
        "draw": pl.UInt8,
        "size": pl.Float64,
        **columns_of(pl.UInt32, "recordings", "texts"),
        **columns_of(pl.Float64, "rate", "rate_low", "rate_high", "no_speech"),
        "commonest": pl.String,
        **columns_of(pl.UInt32, "speech_recordings", "words"),
        **columns_of(pl.Float64, "wer", "wer_low", "wer_high"),
    },
)
BY_TEXT, BY_TRANSCRIPT = REFERENCES = ("text of the corpus", "unedited transcript")
"what transcripts of speech are held against"
HALLUCINATION_FEATURES = Table(
    name="hallucination_features",
    writer="experiment",
    key=("dictionary", "rank"),
    columns={
        "dictionary": pl.String,
        "rank": pl.UInt16,
        "feature": FEATURE["feature"],
        **columns_of(pl.Float64, "weight", "shift"),
    },
)
HALLUCINATION_RUNS = Table(
    name="hallucination_runs",
    writer="experiment",
    key=("dictionary",),
    columns={
        **columns_of(pl.String, "dictionary", "identity", "basis", "readout", "domains"),
        **columns_of(pl.UInt32, "recordings_a", "taken_for_speech_a", "recordings_b", "taken_for_speech_b"),
        "probe_auroc": pl.Float64,
        **columns_of(pl.UInt32, "speech_recordings", "with_text"),
        "reference": pl.String,
        "features_tested": pl.UInt32,
    },
)

REMOVED, ADDED, AS_IT_IS = LANGUAGE_EDITS = ("removed", "added", "")
"features of the own language are taken away; those of the other one are added; nothing of either"
LANGUAGE_STEERING = Table(
    name="language_steering",
    writer="experiment",
    key=("dictionary", "language", "other", "edit", "version", "k", "draw"),
    columns={
        **columns_of(pl.String, "dictionary", "language", "other", "edit", "version"),
        "k": pl.UInt16,
        "draw": pl.UInt8,
        "size": pl.Float64,
        "recordings": pl.UInt32,
        **columns_of(pl.Float64, "own", "own_low", "own_high", "target", "target_low", "target_high"),
        **columns_of(pl.Float64, "changed", "to_other"),
    },
)
NO_LANGUAGES, FEW_RECORDINGS, NOT_KNOWN, ONE_LANGUAGE, BEYOND_MOST = LANGUAGE_NULL_REASONS = (
    "model without languages",
    "too few recordings",
    "language that the model does not know",
    "only one language",
    f"beyond the {MOST_LANGUAGES} of most recordings",
)
"why two languages were not steered between, or none were"
LANGUAGE_RUNS = Table(
    name="language_runs",
    writer="experiment",
    key=("dictionary", "language", "other"),
    columns={
        **columns_of(pl.String, "dictionary", "language", "other"),
        **columns_of(pl.UInt32, "recordings_a", "recordings_b"),
        **columns_of(pl.List(pl.UInt32), "removed", "added"),
        **columns_of(pl.String, "identity", "basis", "readout", "null_reason"),
    },
)

EXPERIMENTS: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (HALLUCINATION, HALLUCINATION_FEATURES, HALLUCINATION_RUNS, LANGUAGE_STEERING, LANGUAGE_RUNS)
    }
)

_BASIS = ("sha256", "offset_s", "duration_s", "domain", "recording", "group", "language", "text", "problem")
"columns of clips that an experiment depends on"


def basis_of(clips: pl.DataFrame, settings: Mapping[str, Any], encoder_sha256: str) -> str:
    """A short name for what an experiment was made on besides the dictionary: clips, encoder, readout, domains.

    settings: the config as the card has it, so that pages can say where tables are of former ones.
    """
    effects, annotate, encoder = (settings.get(name) or {} for name in ("effects", "annotate", "encoder"))
    readout = effects.get("readout") or annotate.get("model") or encoder.get("model")
    rows = clips.select(_BASIS).rows()
    return digest_of(json.dumps([rows, effects.get("domains"), readout, encoder_sha256]))
