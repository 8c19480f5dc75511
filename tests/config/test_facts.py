"""Defaults are no facts: to change one is to raise the versions of what depends on it."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import get_args

from pydantic import BaseModel

from atlas.config.facts import default_of
from atlas.config.settings import Config
from atlas.pipeline import STAGES
from atlas.train.config import TrainConfig
from atlas.train.run import TRAIN

RECORDED = MappingProxyType(
    {
        "analyse.map": '"activations"',
        "annotate.acoustics": "false",
        "annotate.domains": '["speech"]',
        "annotate.model": "not given",
        "annotate.phones": "not given",
        "annotate.words": "not given",
        "calibrate.windows": "200",
        "corpus.columns": "{}",
        "corpus.dataset": "not given",
        "corpus.domain": "not given",
        "corpus.domains": '["speech", "music", "sound"]',
        "corpus.group": "not given",
        "corpus.group_pattern": "not given",
        "corpus.licence": "not given",
        "corpus.recording_pattern": "not given",
        "corpus.separator": '"|"',
        "dictionary.*.checkpoint": "not given",
        "dictionary.*.control": '["random", "template"]',
        "dictionary.*.density": "not given",
        "dictionary.*.k": "not given",
        "dictionary.*.kind": '"sae"',
        "dictionary.*.like": "not given",
        "dictionary.*.seed": "0",
        "dictionary.*.selection": "not given",
        "dictionary.*.threshold": "not given",
        "dictionary.*.untrained": "not given",
        "effects.budget_passes": "12000",
        "effects.dictionaries": "not given",
        "effects.displayed": "8",
        "effects.domains": '["speech"]',
        "effects.features": "[]",
        "effects.readout": "not given",
        "examples.others": "4",
        "examples.top": "20",
        "media.budget_mb": "600",
        "media.redistribute": "[]",
        "scan.code_frames": "262144",
        "scan.shard_windows": "512",
        "scan.timed_labels": "200",
        "site.control_pages": "false",
        "train.*.auxiliary": "0.03125",
        "train.*.expansion": "8",
        "train.*.features": "not given",
        "train.*.k": "50",
        "train.*.kind": '"batch_top_k"',
        "train.*.l1": "not given",
        "train.*.nested": "not given",
        "train.*.seed": "0",
        "training.batch_frames": "2048",
        "training.buffer_frames": "262144",
        "training.dead_frames": "262144",
        "training.domain_weights": "not given",
        "training.held_out": "0.1",
        "training.held_out_frames": "65536",
        "training.learning_rate": "0.0002",
        "training.seed": "0",
        "training.steps": "10000",
    }
)
CHANGED = (
    "another default is no fact, so that what was done with the old one would pass for done: raise the version of the"
    " tables (or files) that the stages write which depend on this key, and then record the default here"
)


def fields_of(model: type[BaseModel], key: str) -> Iterator[str]:
    """The keys that a key of a stage stands for; those of a list's entries as `name.*.field`."""
    kind = model.model_fields[key.partition(".")[0]].annotation
    inner = next(iter(get_args(kind)), kind)
    if "." in key or not (isinstance(inner, type) and issubclass(inner, BaseModel)):
        yield key
        return
    middle = "." if inner is kind or type(None) in get_args(kind) else ".*."
    yield from (f"{key}{middle}{field}" for field in inner.model_fields)


def defaults(model: type[BaseModel], keys: set[str]) -> dict[str, str]:
    fields = {field for key in keys for field in fields_of(model, key)}
    return {field: default for field in sorted(fields) if (default := default_of(model, field)) is not None}


def test_the_defaults_that_stages_depend_on_are_those_that_versions_stand_for() -> None:
    built = defaults(Config, {key for stage in STAGES.values() for key in stage.keys})
    trained = defaults(TrainConfig, set(TRAIN.keys))

    assert built | trained == RECORDED, CHANGED
