"""Checkpoints of sparsify: `{hookpoint}/{cfg.json, sae.safetensors}`, top-k or group-max over latents.

A transcoder takes no pre-bias, and like one with a skip connection its decoder does not stand for its input, so
nothing is said of how well it reconstructs. Signed latents, which old versions had, are refused.
"""

from dataclasses import replace

from atlas.dictionaries.base import Dictionary, Rule, Selection
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.contract import Format
from atlas.dictionaries.folding import Weights, folded
from atlas.dictionaries.taps import SuggestedTap
from atlas.errors import AtlasError
from atlas.schema.remarks import Fact

KEYS = ("encoder.weight", "encoder.bias", "W_dec", "b_dec")
_RULES: dict[str, Rule] = {"topk": "top_k", "groupmax": "group_max"}


def recognise(checkpoint: Checkpoint) -> str | None:
    """By its keys and a config that has k, with the expansion or the number of latents."""
    known = [name for name in ("expansion_factor", "num_latents") if name in checkpoint.config]
    if not checkpoint.has(*KEYS) or not known or "k" not in checkpoint.config:
        return None
    return f"keys {', '.join(checkpoint.content)}; cfg.json k, {', '.join(known)}"


def hookpoint(checkpoint: Checkpoint) -> SuggestedTap | None:
    """The name of the folder."""
    name = checkpoint.path.parent.name
    return SuggestedTap(name) if name else None


def read(checkpoint: Checkpoint) -> Dictionary:
    n, d = checkpoint.shape("encoder.weight")
    _check_expansion(checkpoint, d, n)
    if checkpoint.setting("signed"):
        raise AtlasError(
            f"{checkpoint.address}: cfg.json says signed latents, which have no one-sided features to show"
        )
    transcodes = bool(checkpoint.setting("transcode"))
    skips = checkpoint.has("W_skip") or bool(checkpoint.setting("skip_connection"))
    offset = checkpoint.floats("b_dec", d)
    weights = Weights(
        encoder=checkpoint.floats("encoder.weight", n, d),
        bias=checkpoint.floats("encoder.bias", n),
        decoder=checkpoint.floats("W_dec", n, d),
        centre=None if transcodes else offset,
        offset=offset,
    )
    selection = _selection(checkpoint, n)
    pre_bias = Fact("pre_bias", {"name": "none" if transcodes else "subtracted"})
    facts = [Fact("architecture", {"name": selection.rule}), pre_bias]
    if transcodes or skips:
        facts.append(Fact("reconstruction", {"name": "transcoder" if transcodes else "skip"}))
    return replace(folded("sparsify", weights, selection), reconstructs=not (transcodes or skips), facts=tuple(facts))


def _selection(checkpoint: Checkpoint, n: int) -> Selection:
    activation = str(checkpoint.setting("activation") or "topk")
    rule = _RULES.get(activation)
    k = checkpoint.k()
    if rule is None:
        raise AtlasError(f"{checkpoint.address}: activation {activation!r} cannot be read; known: {', '.join(_RULES)}")
    if rule == "group_max" and n % k:
        raise AtlasError(f"{checkpoint.address}: n = {n} latents do not split into k = {k} equal groups")
    return Selection(rule, k)


def _check_expansion(checkpoint: Checkpoint, d: int, n: int) -> None:
    """The config states n as a number, or as a multiple of d where that number is 0."""
    checkpoint.check_widths(d, n)
    factor = checkpoint.whole("expansion_factor")
    if checkpoint.whole("num_latents") is None and factor is not None and factor * d != n:
        raise AtlasError(
            f"{checkpoint.address}: the weights have n = {n}, but the config says `expansion_factor` = {factor}, "
            f"which at d = {d} is {factor * d}; the two do not belong together"
        )


FORMAT = Format(
    name="sparsify",
    expects=f"{', '.join(KEYS)} and a cfg.json with `k`",
    file_names=("sae.safetensors",),
    settings_names=("cfg.json",),
    recognise=recognise,
    read=read,
    suggested_tap=hookpoint,
)
