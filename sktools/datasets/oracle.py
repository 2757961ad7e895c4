"""The best classifier of the synthetic cohort: the exact stage posterior of someone who knows the generator.

Forward-backward smoothing over the hidden chain of sleep_cycles.py with the autoregressive Gaussian emissions of
synthetic_night.py, every subject's parameters known. Its kappa is an upper bound for any network on this cohort.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.sleep_cycles import STAGES
from sktools.datasets.synthetic_night import SyntheticNight, expected_latents


def stage_posterior(night: SyntheticNight) -> NDArray[np.float64]:
    """Posterior probability of each of STAGES given the whole night, [epochs, 5]."""
    chain, likelihood = night.subject.chain, _transition_likelihood(night)
    epochs, steps = len(night.stages), len(chain.advance)
    stay = (1 - chain.advance)[:, None]
    forward = np.zeros((epochs, steps, len(STAGES)))
    forward[0, 0, 0] = 1.0
    # Section and stage first move, then the epoch is seen: P(step') P(stage' | stage, step') p(x' | x, stage, stage').
    for epoch in range(1, epochs):
        moved = forward[epoch - 1] * stay
        moved[1:] += forward[epoch - 1, :-1] * chain.advance[:-1, None]
        state = np.einsum("si,sij->sj", moved, chain.switch * likelihood[epoch])
        forward[epoch] = state / state.sum()
    posterior = np.zeros((epochs, len(STAGES)))
    posterior[-1] = forward[-1].sum(axis=0)
    backward = np.ones((steps, len(STAGES)))
    for epoch in range(epochs - 2, -1, -1):
        seen = np.einsum("sij,sj->si", chain.switch * likelihood[epoch + 1], backward)
        backward = seen * stay
        backward[:-1] += seen[1:] * chain.advance[:-1, None]
        backward /= backward.sum()
        joint = (forward[epoch] * backward).sum(axis=0)
        posterior[epoch] = joint / joint.sum()
    return posterior


def oracle_kappa(nights: Iterable[SyntheticNight], class_map: Mapping[int, int]) -> float:
    """Cohen's kappa of the best classifier over scored epochs, for a map of base stages to classes."""
    classes = max(class_map.values()) + 1
    target = np.array([class_map[stage] for stage in STAGES])
    collect = np.zeros((len(STAGES), classes))
    collect[np.arange(len(STAGES)), target] = 1
    confusion = np.zeros((classes, classes))
    for night in nights:
        predicted = (stage_posterior(night) @ collect).argmax(axis=1)
        np.add.at(confusion, (target[night.stages][night.scored], predicted[night.scored]), 1)
    total = confusion.sum()
    agreement = np.trace(confusion) / total
    chance = float((confusion.sum(axis=0) * confusion.sum(axis=1)).sum()) / total**2
    return float((agreement - chance) / (1 - chance))


def _transition_likelihood(night: SyntheticNight) -> NDArray[np.float64]:
    """p(latent t | latent t-1, stage i at t-1, stage j at t), [epochs, 5, 5], each epoch scaled to a maximum of 1."""
    subject, epochs = night.subject, len(night.stages)
    means = expected_latents(subject, epochs)
    whiten = np.linalg.inv(np.linalg.cholesky(subject.covariance))
    residual = (night.latents[:, None, :] - means) @ whiten.T
    log = np.zeros((epochs, len(STAGES), len(STAGES)))
    fresh = 1 - subject.memory**2
    for epoch in range(epochs):
        if not night.worn[epoch]:
            continue
        if epoch and night.worn[epoch - 1]:
            shock = residual[epoch][None, :, :] - subject.memory * residual[epoch - 1][:, None, :]
            log[epoch] = -0.5 * (shock**2).sum(axis=-1) / fresh
        else:
            log[epoch] = np.broadcast_to(-0.5 * (residual[epoch] ** 2).sum(axis=-1), log[epoch].shape)
    scaled: NDArray[np.float64] = np.exp(log - log.max(axis=(1, 2), keepdims=True))
    return scaled
