"""The door for Python: what `import atlas` offers to notebooks and scripts.

Reading a finished atlas needs neither torch nor a config; building, loading a dictionary and encoding import them when
they are called.
"""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import polars as pl

from atlas.config.loading import load_config
from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.progress import Echo
from atlas.reading.clips import AtlasClip, Locate
from atlas.reading.feature import AtlasFeature
from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas

if TYPE_CHECKING:
    from atlas.audio.samples import Samples
    from atlas.dictionaries.base import Dictionary, Rule, Selection

__all__ = ["Atlas", "AtlasClip", "AtlasError", "AtlasFeature", "build", "encode", "load_dictionary", "open"]

LOG = logging.getLogger("atlas")


def open(place: str | Path, *, config: str | Path | Config | None = None) -> Atlas:  # noqa: A001 (as atlas.open)
    """Open a finished atlas: the folder that `atlas build` left, or the address of a published folder of tables.

    With the config that it was built from, the sound of clips comes from the corpus; without it, from the atlas's own
    media.

    >>> import atlas
    >>> demo = atlas.open("demo-atlas")
    >>> demo.title
    'Demo: a synthetic corpus through a micro Whisper'
    """
    return open_atlas(place, None if config is None else _locate(_settings(config)))


def build(
    config: str | Path | Config,
    out: str | Path | None = None,
    *,
    site: str | Path | None = None,
    workers: int | None = None,
    device: str = "auto",
    force: bool = False,
    echo: Echo = LOG.info,
) -> Atlas:
    """Run every stage that is not done, as `atlas build` does, and open the atlas.

    Without `out`, the tables go into a folder of the config's name and `-atlas`, here. Pages are
    made where `site` is given. Without `workers`, a stage has one process a core, but the scan one whose
    threads use every core. `echo` takes the closing line of each stage.
    """
    from atlas.measure.run import Run, choose_device
    from atlas.pipeline import Options
    from atlas.pipeline import build as run_stages
    from atlas.pool import cores
    from atlas.store import AtlasFolder

    settings = _settings(config)
    if out is None and isinstance(config, Config):
        raise AtlasError("build: settings name no folder for the tables; give out=")
    folder = AtlasFolder(Path(out) if out is not None else Path(f"{Path(str(config)).stem}-atlas"))
    run = Run(settings, folder, choose_device(device), cores())
    with folder.lock():
        folder.sweep()
        run_stages(run, Options(workers=workers, force=force, site=None if site is None else Path(site)), echo)
    return open_atlas(folder.root, _locate(settings))


def load_dictionary(checkpoint: str | Path) -> "Dictionary":
    """Read a dictionary from a checkpoint's path or an hf:// address, as `atlas inspect` reads it."""
    from atlas.dictionaries.files import read_checkpoint
    from atlas.dictionaries.formats import read_dictionary

    return read_dictionary(read_checkpoint(str(checkpoint)))


def encode(
    model: str | Path,
    dictionary: "str | Path | Dictionary",
    audio: "str | Path | Samples",
    *,
    tap: str | None = None,
    rate_hz: int | None = None,
    threshold: float | None = None,
    atlas: Atlas | None = None,
    device: str = "cpu",
) -> pl.DataFrame:
    """Encode a sound of any length: frame, start_s, feature and value of every active feature.

    model: a name that openai-whisper knows, or a checkpoint's path. audio: a file, or mono samples with their
    `rate_hz`. tap: where the dictionary belongs; what an `atlas` that holds it says, if not given. What counts as
    active is what the `atlas` was built with, overrides of its config included, else what the checkpoint says; or
    what lies above `threshold`.
    """
    from atlas.measure.encoding import above, encode_sound, windows_of
    from atlas.measure.run import choose_device

    loaded = load_dictionary(dictionary) if isinstance(dictionary, str | Path) else dictionary
    if atlas is not None:
        _refuse_another_encoder(atlas, str(model))
        name = _name_in(atlas, loaded, tap)
        tap = atlas.dictionaries[name].tap
        loaded = replace(loaded, selection=_selection_in(atlas, name))
    if tap is None:
        raise AtlasError("encode: it is not known which tap the dictionary belongs to; give tap=, or atlas=")
    if threshold is not None:
        loaded = above(loaded, threshold)
    elif loaded.selection.rule == "calibrated" and loaded.selection.thresholds is None:
        raise AtlasError(
            "encode: the dictionary stores no threshold, as its selection is calibrated on a corpus; give the"
            " threshold=, or the atlas= that was built with it"
        )
    return encode_sound(str(model), loaded, tap, partial(windows_of, audio, rate_hz), choose_device(device))


def _settings(config: str | Path | Config) -> Config:
    return config if isinstance(config, Config) else load_config(Path(config))


def _locate(settings: Config) -> Locate:
    from atlas.corpus.locate import locate

    return partial(locate, settings.corpus)


def _refuse_another_encoder(atlas: Atlas, model: str) -> None:
    from atlas.encoders.catalogue import find_source

    if find_source(model).sha256 != atlas.card.encoder.sha256:
        raise AtlasError(
            f"encode: {model} is not the encoder of {atlas!r}, which is {atlas.card.encoder.model}; give that, or leave"
            " out atlas="
        )


def _name_in(atlas: Atlas, dictionary: "Dictionary", tap: str | None) -> str:
    """The name that an atlas gives to a dictionary, which it knows by its checkpoint's hash and its tap."""
    cards = {name: card for name, card in atlas.dictionaries.items() if card.sha256 == dictionary.sha256 != ""}
    if not cards:
        raise AtlasError(f"encode: {atlas!r} was not built with this dictionary; leave out atlas=, or open another")
    names = [name for name, card in cards.items() if tap in (None, card.tap)]
    if not names:
        taps = ", ".join(dict.fromkeys(card.tap for card in cards.values()))
        raise AtlasError(f"encode: {atlas!r} has this dictionary at {taps}, not at {tap}; leave out tap=, or atlas=")
    if len(names) > 1:
        raise AtlasError(
            f"encode: {atlas!r} has this dictionary as {' and '.join(names)}; give the tap= of one, or leave out atlas="
            " and give tap= and threshold="
        )
    return names[0]


def _selection_in(atlas: Atlas, name: str) -> "Selection":
    """What counts as active in an atlas: the rule of its config, with the thresholds [features] that it measured by."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from atlas.dictionaries.base import Selection

    card = atlas.dictionaries[name]
    selection = Selection(cast("Rule", card.selection), card.k)
    if not selection.by_frame:
        return selection
    path = atlas.fetched(atlas.folder.root / "calibration" / f"{name}.safetensors")
    try:
        return replace(selection, thresholds=load_file(path)["thresholds"])
    except (OSError, KeyError, SafetensorError):
        raise AtlasError(
            f"{path}: holds no thresholds of {name}; leave out atlas= and give tap= and threshold="
        ) from None
