"""A ridge-penalised logistic regression on far more features than recordings.

Its weights lie in the span of the recordings, where the penalty is the same whatever the axes; so it is fitted there,
in as many dimensions as there are recordings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

GRADIENT = 1e-8  # its largest component where the fit ends


@dataclass(frozen=True, slots=True)
class FittedProbe:
    """What tells recordings with a label from those without."""

    weights: Doubles
    "[features], of standardised values"
    mean: Doubles
    deviation: Doubles

    @classmethod
    def of(cls, values: Doubles, labelled: Flags, penalty: float) -> "FittedProbe":
        """values: [recordings, features], none of which is the same everywhere."""
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        return cls(fitted_weights((values - mean) / deviation, labelled, penalty), mean, deviation)

    def scores(self, values: Doubles) -> Doubles:
        """[recordings]: higher where the label is likelier; without the intercept, which no order depends on."""
        scores: Doubles = (values - self.mean) / self.deviation @ self.weights
        return scores


def fitted_weights(values: Doubles, labelled: Flags, penalty: float) -> Doubles:
    """[features]: the slopes of least negative log-likelihood plus `penalty` times half their sum of squares."""
    left, sizes, right = np.linalg.svd(values, full_matrices=False)
    within = left * sizes

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        margin = within @ weights[1:] + weights[0]
        lost = (np.logaddexp(0, margin) - labelled * margin).sum() + penalty * (weights[1:] ** 2).sum() / 2
        residual = expit(margin) - labelled
        return float(lost), np.concatenate([[residual.sum()], within.T @ residual + penalty * weights[1:]])

    start = np.zeros(within.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": GRADIENT, "maxiter": 10_000})
    weights: Doubles = right.T @ found.x[1:]
    return weights


def auroc(scores: Doubles, labelled: Flags) -> float | None:
    """How often a recording with the label has the higher score, equal ones counting half; None where all are alike."""
    with_it, without = scores[labelled], scores[~labelled]
    if not len(with_it) or not len(without):
        return None
    above = (with_it[:, None] > without).mean() + (with_it[:, None] == without).mean() / 2
    return float(above)
