"""Logistic regression with a ridge penalty, by Newton's method: what fits a probe of a few features.

Each stratum has an intercept of its own, without a penalty, so that how frequent a label is in a dataset is no evidence
of what a feature hears. The penalty keeps slopes finite where a label is perfectly separated.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_STEPS = 100
SHORTEST_STEP = 2.0**-30  # of Newton's
TOLERANCE = 1e-9  # of the largest component of the gradient
ROUNDING = 1e-12  # of the loss, by which a step may seem to raise it


def fit_logistic(values: Doubles, labelled: Flags, stratum: Longs, penalty: float) -> Doubles:
    """[features]: the slopes that minimise `loss`; each stratum needs recordings with the label, and without.

    values: [recordings, features], standardised; labelled, stratum: [recordings].
    """
    _, column = np.unique(stratum, return_inverse=True)
    design = np.hstack([values, np.eye(int(column.max()) + 1)[column]])
    ridge = np.where(np.arange(design.shape[1]) < values.shape[1], penalty, 0.0)
    weights = np.zeros(design.shape[1])
    for _ in range(MOST_STEPS):
        probability = expit(design @ weights)
        gradient = design.T @ (probability - labelled) + ridge * weights
        if np.abs(gradient).max() < TOLERANCE:
            break
        curvature = (design.T * (probability * (1 - probability))) @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        most, share = loss(design, labelled, ridge, weights) * (1 + ROUNDING), 1.0
        while share > SHORTEST_STEP and loss(design, labelled, ridge, weights - share * step) > most:
            share /= 2
        weights = weights - share * step
    slopes: Doubles = weights[: values.shape[1]]
    return slopes


def loss(design: Doubles, labelled: Flags, ridge: Doubles, weights: Doubles) -> float:
    """The negative log-likelihood, in nats, and half of the penalised squares of the weights."""
    margin = design @ weights
    return float((np.logaddexp(0, margin) - labelled * margin).sum() + (ridge * weights**2).sum() / 2)
