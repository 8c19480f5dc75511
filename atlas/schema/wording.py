"""Facts and doubts about dictionaries in words: the ones that `atlas inspect` and logs print, and that pages show.

Each kind of `remarks` has its words here and nowhere else.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from atlas.schema.remarks import Doubt, DoubtKind, Fact, FactKind, RemarkFigures

Words = Callable[[RemarkFigures], str]

_ARCHITECTURES = MappingProxyType(
    {
        "own_units": "the tap's own units",
        "gaussian_directions": "Gaussian unit directions on mean-centred activations",
        "templates": "mean-centred activations of frames drawn at random",
        "mel_directions": "Gaussian unit directions on the mean-centred log-mel of a frame",
        "untrained_features": "features learned from the same architecture with fresh weights",
    }
)
"how architectures that no checkpoint has are called; others go by their names"
_RECONSTRUCTIONS = MappingProxyType({"transcoder": "of another module's output", "skip": "with a skip connection"})


def fact_words(fact: Fact) -> tuple[str, str]:
    """The name of a fact, and what it is."""
    name, words = FACTS[fact.kind]
    return name, words(fact.figures)


def doubt_words(doubt: Doubt) -> str:
    """A doubt as a sentence without its full stop."""
    return DOUBTS[doubt.kind](doubt.figures)


def range_words(figures: RemarkFigures) -> str:
    """`0.5 to 2, median 1`; a single figure where the ends are alike."""
    low, median, high = (f"{figures[name]:.4g}" for name in ("low", "median", "high"))
    return low if low == high else f"{low} to {high}, median {median}"


def tap_words(tap: str, layer: object) -> str:
    """A tap that a checkpoint's own naming points to; with the layer, where it is a number that was counted from 1."""
    return tap if layer is None else f"{tap} (layer_{layer}, counted from 1)"


def _name(figures: RemarkFigures) -> str:
    return str(figures["name"])


def _joined(figures: RemarkFigures, name: str, between: str) -> str:
    value = figures[name]
    return between.join(map(str, value if isinstance(value, tuple) else (value,)))


def _architecture(figures: RemarkFigures) -> str:
    return _ARCHITECTURES.get(_name(figures), _name(figures))


def _input(figures: RemarkFigures) -> str:
    name = _name(figures)
    return f"{name}, its scale {figures['scale']:g} folded into the weights" if "scale" in figures else name


def _units(figures: RemarkFigures) -> str:
    width = figures["width"]
    assert isinstance(width, int)
    return f"0 to {width - 1} the positive sides, {width} to {2 * width - 1} the negative sides"


def _interrupted_run(figures: RemarkFigures) -> str:
    return f"saved at step {figures['step']:g}" if "step" in figures else "step unknown"


def _selection(figures: RemarkFigures) -> str:
    """A selection in a phrase, with its figures."""
    k, threshold = figures.get("k"), range_words(figures) if "median" in figures else None
    stored = "" if threshold is None else f" (and a threshold of {threshold} stored)"
    phrases = {
        "threshold": _above(figures, threshold),
        "calibrated": "above a threshold, calibrated to "
        + ("a stated density" if k is None else f"{k} active features in a mean frame"),
        "clip": f"the {k} x frames largest of a clip",
        "top_k": f"the {k} largest of a frame{stored}",
        "group_max": f"the largest of each of {k} groups of a frame",
    }
    return phrases[str(figures["rule"])]


def _above(figures: RemarkFigures, threshold: str | None) -> str:
    if threshold is None:
        return "above a threshold that is not set"
    above = "above zero (ReLU)" if figures["low"] == figures["high"] == 0 else f"above a threshold of {threshold}"
    return f"{above} (trained with k = {figures['k']})" if "k" in figures else above


def _threshold_unset(figures: RemarkFigures) -> str:
    state = f"{figures['threshold']:g}, which means unset" if "threshold" in figures else "absent"
    return f"threshold is {state}: a plain read would be a dense ReLU; it is calibrated to k instead"


def _half_precision(figures: RemarkFigures) -> str:
    return f"weights are stored in {_joined(figures, 'types', ' and ')}, and computed with in float32"


def _other_tap(figures: RemarkFigures) -> str:
    named = tap_words(str(figures["named"]), figures.get("layer"))
    return f"the checkpoint's own naming points to the tap {named}, the config reads {figures['read']}"


FACTS: Mapping[FactKind, tuple[str, Words]] = MappingProxyType(
    {
        "format": ("format", _name),
        "architecture": ("architecture", _architecture),
        "pre_bias": ("pre-bias", _name),
        "tied_encoder": ("encoder", lambda _: "tied to the decoder, whose columns are normalised when it encodes"),
        "input": ("input", _input),
        "reconstruction": ("reconstruction", lambda figures: _RECONSTRUCTIONS[_name(figures)]),
        "units": ("features", _units),
        "seed": ("seed", lambda figures: str(figures["seed"])),
        "nested_groups": ("nested groups", lambda figures: _joined(figures, "sizes", ", ")),
        "interrupted_run": ("interrupted run", _interrupted_run),
        "norm_factor": ("norm factor", lambda figures: f"{figures['factor']:g}, folded into biases and threshold"),
        "model": ("model", _name),
        "trained_on": ("trained on", _name),
        "decoder_norms": ("decoder norms", lambda figures: f"folded to 1; before: {range_words(figures)}"),
        "stored_as": ("stored as", lambda figures: _joined(figures, "types", ", ")),
        "selection": ("selection", _selection),
    }
)
DOUBTS: Mapping[DoubtKind, Words] = MappingProxyType(
    {
        "threshold_unset": _threshold_unset,
        "no_config": lambda _: (
            "no config beside the file: read as batch top-k; a TopK autoencoder has the same keys,"
            ' and needs selection = "top_k"'
        ),
        "norms_not_unit": lambda figures: (
            f"decoder rows are not unit: norms {range_words(figures)}; values are after folding them to 1"
        ),
        "rows_zero": lambda figures: (
            f"{figures['rows']} of {figures['features']} decoder rows are zero: those features are dead"
        ),
        "biases_low": lambda figures: (
            f"{figures['biases']} of {figures['features']} encoder biases lie far below the rest: those features look"
            " dead"
        ),
        "half_precision": _half_precision,
        "other_tap": _other_tap,
        "nothing_explained": lambda _: (
            "FVU is 1 or more: the mean activation explains as much; is this the tap that it was trained on?"
        ),
        "never_active": lambda _: "no feature was ever active",
    }
)
