"""Logistic regressions in numpy, for heads of a few hundred numbers."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.embed.sorting.heads import logistic

Numbers = NDArray[np.float64]
_SMALLEST_STEP: Final = 1e-6
_STEPS: Final = 60
_KIND_STEPS: Final = 300


def fit_subjects(
    features: Numbers, truth: Numbers, weight: Numbers, *, ridge: float = 0.5, bias_ridge: float = 1
) -> tuple[Numbers, Numbers]:
    """Weights (features,) that all labels share, and each label's bias (labels,).

    `features` has shape (texts, labels, features); `truth` and `weight` (texts, labels), a weight
    of 0 where the truth is not known. Newton's method with halved steps; the biases' ridge is
    towards their mean.
    """
    _, labels, size = features.shape
    rows = features.reshape(-1, size)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + _SMALLEST_STEP
    # The columns: the features, one bias for all, and how each label differs from that.
    design = np.concatenate(
        [
            (rows - mean) / deviation,
            np.ones((len(rows), 1)),
            np.tile(np.eye(labels), (len(features), 1)),
        ],
        axis=1,
    )
    penalty = np.array([ridge] * size + [_SMALLEST_STEP] + [bias_ridge] * labels)
    known = weight.ravel() > 0
    found = _newton(design[known], truth.ravel()[known], weight.ravel()[known], penalty)
    weights = found[:size] / deviation
    return weights, found[size] + found[size + 1 :] - mean @ weights


def _newton(design: Numbers, truth: Numbers, weight: Numbers, penalty: Numbers) -> Numbers:
    found = np.zeros(design.shape[1])

    def loss(values: Numbers) -> float:
        logits = design @ values
        fit = weight @ (np.logaddexp(0, logits) - truth * logits)
        return float(fit + penalty @ values**2 / 2)

    for _ in range(_STEPS):
        chance = logistic(design @ found)
        gradient = design.T @ (weight * (chance - truth)) + penalty * found
        curvature = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.solve(curvature + np.diag(penalty), gradient).astype(np.float64)
        size = _step_size(loss, found, step)
        found = found - size * step
        if size * np.abs(step).max() < _SMALLEST_STEP:
            break
    return found


def _step_size(loss: Callable[[Numbers], float], found: Numbers, step: Numbers) -> float:
    size, before = 1.0, loss(found)
    while size > _SMALLEST_STEP and loss(found - size * step) > before:
        size /= 2
    return size


def fit_kinds(
    vectors: Numbers, truth: NDArray[np.int_], weight: Numbers, kinds: int, *, ridge: float = 1
) -> tuple[Numbers, Numbers]:
    """Multinomial: weights (kinds, dimension) and biases (kinds,), by gradient with momentum."""
    wanted = np.eye(kinds)[truth]
    design = np.concatenate([vectors, np.ones((len(vectors), 1))], axis=1)
    penalty = np.array([ridge] * vectors.shape[1] + [0.0])
    found = np.zeros((kinds, design.shape[1]))
    speed = np.zeros_like(found)
    for _ in range(_KIND_STEPS):
        logits = design @ found.T
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        off = (powers / powers.sum(axis=1, keepdims=True) - wanted) * weight[:, None]
        gradient = (off.T @ design + penalty * found) / weight.sum()
        speed = 0.9 * speed - 8 * gradient
        found = found + speed
    return found[:, :-1], found[:, -1]
