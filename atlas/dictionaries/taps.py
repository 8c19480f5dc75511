"""The tap that a checkpoint's own naming points to, where it does: for `atlas inspect`, and to doubt a config."""

import re

from atlas.dictionaries.checkpoint import Checkpoint


def tap_of_names(checkpoint: Checkpoint) -> str | None:
    """The hook that the settings name, else the tap of a folder `layer_N`: what most formats go by."""
    settings = checkpoint.settings()
    metadata = settings.get("metadata")
    named = {**settings, **metadata} if isinstance(metadata, dict) else settings
    hook = next((named[name] for name in ("hook_name", "hook_point", "submodule_name") if named.get(name)), None)
    return _tap_of_layer(checkpoint) if hook is None else str(hook)


def _tap_of_layer(checkpoint: Checkpoint) -> str | None:
    """AudioSAE counts layers from 1: `layer_6` is the output of the block that is numbered 5."""
    match = re.search(r"(?:^|/)layer_(\d+)(?:/|$)", f"{checkpoint.address}/{checkpoint.path.parent.name}")
    if match is None or int(match.group(1)) == 0:
        return None
    block = int(match.group(1)) - 1
    if "hubert" in checkpoint.address.lower():
        return f"encoder.layers.{block} (layer_{block + 1}, counted from 1)"
    return f"encoder.blocks.{block} (layer_{block + 1}, counted from 1)"


def doubt_of_tap(suggested: str | None, tap: str) -> str | None:
    """What to say where a checkpoint names one tap of ours and the config another."""
    named = (suggested or "").split(" ")[0]
    if not named.startswith("encoder.") or named == tap:
        return None
    return f"the checkpoint's own naming points to the tap {suggested}, the config reads {tap}"
