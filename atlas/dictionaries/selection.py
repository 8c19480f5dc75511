"""The selection rules as dense reference code in torch: pre-activations -> active values, zero elsewhere.

Ties go to the larger value, then the smaller frame, then the smaller feature; a zero is never selected. The scan's
CPU kernels (`measure/kernels`) do the same without the dense result, and are tested against this.
"""

import torch
from torch import Tensor

from atlas.dictionaries.base import Dictionary


def active_values(dictionary: Dictionary, z: Tensor, valid: int) -> Tensor:
    """z: [frames, n] of one clip, of which the first `valid` frames are valid -> values [frames, n], zero if inactive.

    Under the rules that compare frames or features with each other, padded frames are never active.
    """
    keep = _kept(dictionary, z, valid)
    values = (z * dictionary.multiplier + dictionary.addend).clamp_min(0)
    return torch.where(keep, values, torch.zeros_like(values))


def _kept(dictionary: Dictionary, z: Tensor, valid: int) -> Tensor:
    selection = dictionary.selection
    if selection.by_frame:
        if selection.thresholds is None:
            raise ValueError("a calibrated selection needs its threshold first")
        return z > selection.thresholds
    k = selection.k
    if k is None:
        raise ValueError(f"selection {selection.rule} needs k")
    keep = torch.zeros_like(z, dtype=torch.bool)
    if selection.rule == "clip":
        keep[:valid] = _largest(z[:valid].reshape(1, -1), k * valid).reshape(valid, -1)
    elif selection.rule == "top_k":
        keep[:valid] = _largest(z[:valid], k)
    else:
        grouped = z[:valid].reshape(valid, k, -1)
        keep[:valid] = _largest(grouped.reshape(valid * k, -1), 1).reshape(valid, -1)
    return keep & (z > 0)


def _largest(rows: Tensor, k: int) -> Tensor:
    """The k largest of each row, ties to the smaller index."""
    order = torch.sort(rows, dim=-1, descending=True, stable=True).indices[:, : min(k, rows.shape[1])]
    return torch.zeros_like(rows, dtype=torch.bool).scatter_(1, order, True)
