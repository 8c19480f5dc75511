"""What the card says of the config alone: it is renewed without a merge, and without torch."""

from dataclasses import replace
from typing import Any

from atlas.config.settings import Config
from atlas.schema.card import CARD, card_bytes, read_card
from atlas.stages import AtlasWorkspace


def renew_card(workspace: AtlasWorkspace) -> None:
    """Bring title, config and the order of dictionaries and taps up to date; no table depends on them."""
    config, before = workspace.config, read_card(workspace.folder.root)
    now = replace(
        before,
        title=config.title,
        config=portable(config),
        encoder=replace(before.encoder, taps=config.taps()),
        dictionaries={entry.name: before.dictionaries[entry.name] for entry in config.dictionaries()},
    )
    if card_bytes(now) != card_bytes(before):
        workspace.folder.write_bytes(workspace.folder.root / CARD, card_bytes(now))


def portable(config: Config) -> dict[str, Any]:
    """What was measured, without the machine's paths (of a path, only its name) and without what is for showing."""
    settings = config.model_dump(mode="json", exclude_defaults=True, exclude={"media", "site", "cite"})
    corpus = settings["corpus"]
    for key in ("manifest", "audiofolder", "webdataset", "root", "alignments"):
        if key in corpus:
            corpus[key] = _name(corpus[key])
    if "folders" in corpus:
        corpus["folders"] = {domain: _name(path) for domain, path in corpus["folders"].items()}
    for part, key in (("encoder", "model"), ("annotate", "model"), ("effects", "readout")):
        _shorten(settings.get(part, {}), key)
    for entry in settings["dictionary"]:
        for key in ("checkpoint", "untrained"):
            if key in entry and not entry[key].startswith("hf://"):
                entry[key] = "/".join(entry[key].split("/")[-2:])  # often layer_3/ae.pt
    return settings


def _shorten(settings: dict[str, Any], key: str) -> None:
    if settings.get(key) is not None:
        settings[key] = _name(settings[key])


def _name(path: str) -> str:
    return path.rstrip("/").split("/")[-1]
