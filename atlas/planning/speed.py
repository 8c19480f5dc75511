"""How fast this machine is beside the one that constants were measured on: a piece of work of a known length.

It is text and arithmetic in turn, as in the stages that are not tried: templates and JSON in plain Python, sorting and
products in numpy.
"""

import json
import time

import numpy as np

from atlas.planning.constants import REFERENCE_S

_ROUNDS = 5


def slowness() -> float:
    """How many times as long the work takes here."""
    return min(_work_s() for _ in range(_ROUNDS)) / REFERENCE_S


def _work_s() -> float:
    started = time.perf_counter()
    rows = [{"feature": number, "label": f"label {number % 97}", "value": number / 7} for number in range(12_000)]
    text = json.dumps(rows)
    assert len(json.loads(text.replace("label", "name"))) == len(rows)
    values = np.random.default_rng(0).standard_normal((400, 2_000))
    np.sort(values, axis=1)
    values @ values.T
    return time.perf_counter() - started
