"""Sounds that are neither speech nor music: a table of classes, each a function from draws and a length to a wave."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tools.demo.scenes.scene import Part
from tools.demo.scenes.signals import Wave, faded, unit
from tools.demo.scenes.sounds import animals, machines, strikes, weather
from tools.demo.scenes.worlds import Draws

SOUNDS: Mapping[str, Callable[[Draws, int], Wave]] = MappingProxyType(
    {**weather.SOUNDS, **animals.SOUNDS, **machines.SOUNDS, **strikes.SOUNDS}
)


def draw_sound(kind: str, draws: Draws, samples: int) -> Part:
    """One sound of a class, as long as is asked for."""
    wave = SOUNDS[kind](draws.below(kind), samples)
    return Part(faded(unit(wave), 0.005, 0.005).astype("float32"), ("sound", kind))
