"""Which features of a batch are active: pre-activations z [frames, n] -> codes, a matrix [frames, n].

The matrix is sparse where few features are active and dense where nothing bounds them; products read alike for both.
An active value is above zero.
"""

import torch
from torch import Tensor


def kept(z: Tensor, keep: Tensor) -> Tensor:
    """The values of z where `keep` says so, as a sparse matrix."""
    return _sparse(keep.nonzero().T, z)


def _sparse(places: Tensor, dense: Tensor) -> Tensor:
    values = dense[places[0], places[1]]
    return torch.sparse_coo_tensor(places, values, dense.shape, is_coalesced=True, check_invariants=False)


def where_active(codes: Tensor, dense: Tensor) -> Tensor:
    """The entries of a dense matrix at which codes are active."""
    return _sparse(codes.indices(), dense) if codes.is_sparse else dense * (codes > 0)


def of_each_frame(z: Tensor, k: int) -> Tensor:
    """The k largest values of each frame."""
    smallest = z.topk(k, dim=1).values[:, -1:]
    return kept(z, (z >= smallest) & (z > 0))


def smallest_of_largest(z: Tensor, count: int, guess: float) -> float:
    """The smallest of the `count` largest values above zero of a batch; zero where there are not so many.

    A guess a little below the answer spares sorting all values; any guess gives the same.
    """
    values = z[z > max(guess, 0.0)]
    if len(values) < count:
        values = z[z > 0]
    return float(values.kthvalue(len(values) - count + 1).values) if len(values) >= count else 0.0


def active_features(codes: Tensor) -> Tensor:
    """[n], true for features that are active in some frame."""
    if not codes.is_sparse:
        return (codes > 0).any(dim=0)
    active = torch.zeros(codes.shape[1], dtype=torch.bool, device=codes.device)
    active[codes.indices()[1]] = True
    return active


def active_values(codes: Tensor) -> Tensor:
    return codes.values() if codes.is_sparse else codes[codes > 0]


def of_first(codes: Tensor, count: int) -> Tensor:
    """Sparse codes of the first features: [frames, count]."""
    places, values = codes.indices(), codes.values()
    keep = places[1] < count
    shape = (len(codes), count)
    return torch.sparse_coo_tensor(places[:, keep], values[keep], shape, is_coalesced=True, check_invariants=False)


def in_columns(codes: Tensor, columns: Tensor, like: Tensor) -> Tensor:
    """Sparse codes of some features, given by their numbers in ascending order, among all: [frames, n] as `like`."""
    places = torch.stack([codes.indices()[0], columns[codes.indices()[1]]])
    return torch.sparse_coo_tensor(places, codes.values(), like.shape, is_coalesced=True, check_invariants=False)
