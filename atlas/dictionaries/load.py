"""From a dictionary's settings to the dictionary: read, overridden as the config says, and checked against its tap.

Controls without a checkpoint are not loaded: they are made from what calibration measured (`controls.py`).
"""

from dataclasses import replace

from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.base import Dictionary, Rule, Selection
from atlas.dictionaries.files import read_checkpoint, sha256_with_settings
from atlas.dictionaries.folding import constant
from atlas.dictionaries.formats import read_dictionary, recognise
from atlas.dictionaries.neurons import identity
from atlas.dictionaries.summary import selection_fact
from atlas.dictionaries.taps import doubt_of_tap
from atlas.errors import AtlasError


def load_dictionary(config: DictionaryConfig, width: int | None) -> Dictionary:
    """The dictionary that a config of kind sae, identity or untrained describes, for a tap of this width if known."""
    if config.checkpoint is None and config.is_control:
        raise ValueError(f"{config.name}: this control is made, not loaded")
    if config.checkpoint is None:
        if width is None:
            raise ValueError(f"{config.name}: the units of {config.tap} need its width")
        return identity(width)
    checkpoint = read_checkpoint(config.checkpoint)
    dictionary = read_dictionary(checkpoint)
    if width is not None and dictionary.d != width:
        raise AtlasError(
            f"{config.name}: the checkpoint {config.checkpoint} takes activations of width {dictionary.d}, but the tap "
            f"{config.tap} has width {width}; name the tap, or the model, that it was trained on"
        )
    if config.selection is not None and bool(dictionary.addend.any()):
        raise AtlasError(
            f"{config.name}: {dictionary.kind} decides by gates of its own, and selection {config.selection!r} would"
            " pass over them; remove `selection`"
        )
    selection = overridden(dictionary.selection, config, dictionary.n)
    facts = (*dictionary.facts, selection_fact(selection))
    doubt = doubt_of_tap(recognise(checkpoint).format.suggested_tap(checkpoint), config.tap)
    warnings = (doubt,) if doubt else ()
    return replace(
        dictionary, selection=selection, facts=facts, doubts=(*dictionary.doubts, *warnings), warnings=warnings
    )


def checkpoint_sha256(config: DictionaryConfig) -> str:
    """A fingerprint of the checkpoint's bytes and of the settings beside it; empty without a checkpoint.

    Settings count, as they may decide k or the architecture. The weights are hashed, not loaded.
    """
    return sha256_with_settings(config.checkpoint) if config.checkpoint else ""


def overridden(stored: Selection, config: DictionaryConfig, n: int) -> Selection:
    """The selection that the checkpoint states, as far as the config does not say otherwise."""
    named = config.selection
    rule: Rule = (
        "threshold" if named == "relu" else named or ("threshold" if config.threshold is not None else stored.rule)
    )
    k = config.k or stored.k
    if config.threshold is not None and (rule != "threshold" or named == "relu"):
        raise AtlasError(f"{config.name}: a threshold has no effect under selection {named}; remove one of the two")
    if rule == "threshold":
        if config.k is not None:
            raise AtlasError(
                f"{config.name}: k has no effect where features are selected by threshold; remove it, "
                'or set selection = "calibrated", "clip" or "top_k"'
            )
        return _by_threshold(stored, config, n)
    if k is None:
        raise AtlasError(f"{config.name}: selection {rule} needs k, which the checkpoint does not state; set k")
    if k > n or (rule == "group_max" and n % k):
        raise AtlasError(f"{config.name}: selection {rule} with k = {k} does not fit n = {n} features")
    return Selection(rule, k)


def _by_threshold(stored: Selection, config: DictionaryConfig, n: int) -> Selection:
    if config.selection == "relu":
        return Selection("threshold", thresholds=constant(0.0, n))
    if config.threshold is not None:
        return Selection("threshold", stored.k, constant(config.threshold, n))
    if stored.thresholds is None:
        raise AtlasError(
            f"{config.name}: selection threshold, but the checkpoint stores no threshold; set one, "
            'or set selection = "calibrated"'
        )
    return stored if stored.rule == "threshold" else replace(stored, rule="threshold")
