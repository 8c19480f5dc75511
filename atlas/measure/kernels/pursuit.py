"""A kernel that explains frames by a few rows each: orthogonal matching pursuit, in the products of rows alone.

The rows chosen for a frame are made orthonormal one after another (Gram and Schmidt); of each such direction only its
products with all rows are kept, which is all that choosing the next one needs.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

DEPENDENT = 1e-9
"the squared length that is left of a row of length 1 where it lies in the span of those chosen before"


@njit(nogil=True, cache=True)
def pursue(gram: Doubles, products: Doubles, atoms: int, explained: Doubles, first: int, last: int) -> None:
    """Frames first..last: the squared length of each that at most `atoms` rows explain, chosen greedily and refitted.

    gram: [n, n], of rows of length 1. products: [frames, n] of frame and row; on return those of what is left of it.
    explained: [frames]
    """
    n = len(gram)
    directions = np.empty((atoms, n))
    for t in range(first, last):
        left = products[t]
        explained[t] = 0.0
        for step in range(atoms):
            chosen = 0
            for i in range(1, n):
                if abs(left[i]) > abs(left[chosen]):
                    chosen = i
            direction = directions[step]
            for i in range(n):
                direction[i] = gram[chosen, i]
            for before in range(step):
                share = directions[before, chosen]
                for i in range(n):
                    direction[i] -= share * directions[before, i]
            if direction[chosen] <= DEPENDENT:
                break  # the row of largest product is of no use, so none is
            length = np.sqrt(direction[chosen])
            part = left[chosen] / length
            for i in range(n):
                direction[i] /= length
                left[i] -= part * direction[i]
            explained[t] += part * part
