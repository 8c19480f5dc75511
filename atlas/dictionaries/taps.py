"""The tap that a checkpoint's own naming points to, where it does: for `atlas inspect`, and to doubt a config."""

import re
from dataclasses import dataclass

from atlas.dictionaries.checkpoint import Checkpoint
from atlas.schema.remarks import Doubt


@dataclass(frozen=True, slots=True)
class SuggestedTap:
    """A tap that a checkpoint's own naming points to."""

    path: str
    layer: int | None = None
    "the number of the layer that the checkpoint names, counted from 1, where that is how it names it"


def tap_of_names(checkpoint: Checkpoint) -> SuggestedTap | None:
    """The hook that the settings name, else the tap of a folder `layer_N`: what most formats go by."""
    settings = checkpoint.settings()
    metadata = settings.get("metadata")
    named = {**settings, **metadata} if isinstance(metadata, dict) else settings
    hook = next((named[name] for name in ("hook_name", "hook_point", "submodule_name") if named.get(name)), None)
    return _tap_of_layer(checkpoint) if hook is None else SuggestedTap(str(hook))


def _tap_of_layer(checkpoint: Checkpoint) -> SuggestedTap | None:
    """AudioSAE counts layers from 1: `layer_6` is the output of the block that is numbered 5."""
    match = re.search(r"(?:^|/)layer_(\d+)(?:/|$)", f"{checkpoint.address}/{checkpoint.path.parent.name}")
    if match is None or int(match.group(1)) == 0:
        return None
    layer = int(match.group(1))
    blocks = "layers" if "hubert" in checkpoint.address.lower() else "blocks"
    return SuggestedTap(f"encoder.{blocks}.{layer - 1}", layer)


def doubt_of_tap(suggested: SuggestedTap | None, tap: str) -> Doubt | None:
    """The doubt where a checkpoint names one tap of ours and the config another."""
    if suggested is None or not suggested.path.startswith("encoder.") or suggested.path == tap:
        return None
    layer = {} if suggested.layer is None else {"layer": suggested.layer}
    return Doubt("other_tap", {"named": suggested.path, **layer, "read": tap})
