"""A tap's own units as a dictionary: signed, so that each unit has two features.

Feature j is the positive side of unit j, feature width + j its negative side. Activations are hardly ever exactly
zero, so each side is active above a threshold that is calibrated to a stated density. No claim of reconstruction.
"""

import torch

from atlas.dictionaries.base import Dictionary, Selection
from atlas.schema.remarks import Fact


def identity(width: int) -> Dictionary:
    """The units of a tap of this width, before their thresholds are calibrated."""
    sides = torch.eye(width)
    unit_scale = torch.ones(2 * width)
    return Dictionary(
        kind="identity",
        selection=Selection("calibrated"),
        bias=torch.zeros(2 * width),
        multiplier=unit_scale,
        addend=torch.zeros(2 * width),
        decoder=torch.cat([sides, -sides]),
        decoder_norm=unit_scale,
        reconstructs=False,
        facts=(
            Fact("architecture", {"name": "own_units"}),
            Fact("units", {"width": width}),
        ),
    )
