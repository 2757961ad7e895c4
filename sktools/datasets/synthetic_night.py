"""The 14 features of FS-W-PA-14 on a synthetic night: stage-dependent means, correlated noise, subject spread.

Every feature is a monotone function of one Gaussian latent, and the latents are linear in seven physiological factors
that depend on the stage. The noise is a first-order autoregression with a full covariance, so the exact posterior of
the stages can be computed (see oracle.py). Directions of the stage effects follow the literature: heart rate and its
variability fall from wake to N3 and rise in REM, LF/HF likewise (Trinder et al., J Sleep Res 10, 2001; Somers et al.,
N Engl J Med 328, 1993), respiration is fastest and most irregular in wake and REM, movement marks wake. Their sizes
are chosen to give a realistic overlap, not fitted to recordings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.sleep_cycles import STAGES, CycleChain, cycle_chain, sample_stages

FACTORS = ("heart_rate", "variability", "balance", "saturation", "desaturation", "movement", "respiration")

STAGE_EFFECTS = np.array(
    [
        # W,   N1,   N2,   N3,  REM   in standard deviations of the noise
        [1.00, 0.40, -0.30, -0.40, 0.40],
        [1.00, 0.50, -0.20, -1.20, 0.80],
        [0.70, 0.40, -0.10, -1.20, 0.90],
        [0.30, 0.10, 0.00, 0.10, -0.30],
        [0.20, 0.30, 0.00, -0.40, 0.50],
        [1.50, 0.60, -0.20, -0.60, -0.30],
        [0.50, 0.10, -0.20, -0.30, 0.60],
    ]
)


@dataclass(frozen=True)
class FeatureModel:
    """value = transform(offset + subject offset + scale * (loading * factor + own noise)).

    spread: between-subject standard deviation of the offset, in the transform's input units.
    transform: 'identity', 'exp', 'share' (logistic, 0 to 1) or 'lack' (1 less the share).
    """

    name: str
    factor: str
    loading: float
    own: float
    offset: float
    scale: float
    spread: float
    transform: str = "identity"


FEATURE_MODELS = (
    FeatureModel("hr_bpm", "heart_rate", 1.0, 0.3, 62.0, 3.5, 8.0),
    FeatureModel("hrv_td_mean_nn", "heart_rate", -1.0, 0.3, 0.98, 0.055, 0.12),
    FeatureModel("hrv_td_sd_nn", "variability", 1.0, 0.5, -3.1, 0.35, 0.4, "exp"),
    FeatureModel("hrv_td_median_nn", "heart_rate", -1.0, 0.35, 0.98, 0.055, 0.12),
    FeatureModel("hrv_fd_lfhf_ratio", "balance", 1.0, 0.6, 0.4, 0.5, 0.5, "exp"),
    FeatureModel("spo2_mu", "saturation", 1.0, 0.4, 94.5, 0.5, 0.9),
    FeatureModel("spo2_std", "desaturation", 1.0, 0.5, -0.7, 0.35, 0.3, "exp"),
    FeatureModel("spo2_med", "saturation", 1.0, 0.45, 94.6, 0.5, 0.9),
    FeatureModel("mov_mu", "movement", 1.0, 0.3, -4.0, 0.6, 0.4, "exp"),
    FeatureModel("mov_std", "movement", 1.0, 0.4, -4.2, 0.7, 0.4, "exp"),
    FeatureModel("mov_med", "movement", 1.0, 0.5, -4.4, 0.5, 0.4, "exp"),
    FeatureModel("rsp_bpm", "respiration", 1.0, 0.6, 15.0, 1.2, 1.8),
    FeatureModel("spo2_qos", "movement", -0.5, 1.0, 2.2, 0.7, 0.5, "lack"),  # of good signal: 0 is good, as raw
    FeatureModel("hrv_qos", "movement", -0.6, 1.0, 2.0, 0.7, 0.5, "share"),
)

SEPARATION = 0.55
"""Overall size of the stage effects; sets how well the best classifier can do (oracle.py prints it)."""

NIGHT_FALL = 0.8
"""Fall of the heart-rate factor from evening to morning, in standard deviations of its noise."""


@dataclass(frozen=True)
class SyntheticSubject:
    """Everything that the generator knows of one subject.

    means: [14, 5] mean latent of each feature by stage. drift: [14] change of the mean from first to last epoch.
    covariance: [14, 14] of the noise. memory: autoregression coefficient from epoch to epoch.
    offsets, scales: [14] from latent to the transform's input.
    """

    chain: CycleChain
    means: NDArray[np.float64]
    drift: NDArray[np.float64]
    covariance: NDArray[np.float64]
    memory: float
    offsets: NDArray[np.float64]
    scales: NDArray[np.float64]


@dataclass(frozen=True)
class SyntheticNight:
    """A night and what lies behind it.

    stages: [epochs] indices into STAGES. latents: float64 [epochs, 14]. worn: bool [epochs], False where the sensor
    is off (its noise starts anew after the gap). scored: bool [epochs]. features: name -> [epochs], NaN where off.
    """

    subject: SyntheticSubject
    stages: NDArray[np.int64]
    latents: NDArray[np.float64]
    worn: NDArray[np.bool_]
    scored: NDArray[np.bool_]
    features: dict[str, NDArray[np.float64]]


def draw_subject(generator: np.random.Generator) -> SyntheticSubject:
    """One subject: pace of the cycles, wakefulness, size of the stage effects, baselines and memory of the noise."""
    chain = cycle_chain(
        pace=float(np.clip(generator.normal(1.0, 0.08), 0.8, 1.2)),
        wakefulness=float(np.exp(generator.normal(0.0, 0.5)).clip(0.3, 3.0)),
        depth=float(np.exp(generator.normal(0.0, 0.3)).clip(0.4, 1.8)),
    )
    factor = np.array([FACTORS.index(model.factor) for model in FEATURE_MODELS])
    loading = np.array([model.loading for model in FEATURE_MODELS])
    effects = STAGE_EFFECTS * SEPARATION * np.exp(generator.normal(0, 0.2, (len(FACTORS), 1)))
    weights = np.zeros((len(FEATURE_MODELS), len(FACTORS)))
    weights[np.arange(len(FEATURE_MODELS)), factor] = loading
    own = np.array([model.own for model in FEATURE_MODELS])
    drift = np.where(factor == FACTORS.index("heart_rate"), -NIGHT_FALL * loading, 0.0)
    return SyntheticSubject(
        chain=chain,
        means=weights @ effects,
        drift=drift * float(np.exp(generator.normal(0, 0.3))),
        covariance=weights @ weights.T + np.diag(own**2),
        memory=float(generator.uniform(0.45, 0.7)),
        offsets=np.array([model.offset + model.spread * generator.normal() for model in FEATURE_MODELS]),
        scales=np.array([model.scale * np.exp(generator.normal(0, 0.15)) for model in FEATURE_MODELS]),
    )


def expected_latents(subject: SyntheticSubject, epochs: int) -> NDArray[np.float64]:
    """Mean latents [epochs, 5, 14] had each epoch each stage."""
    fall = np.linspace(0.0, 1.0, epochs)[:, None, None] * subject.drift[None, None, :]
    means: NDArray[np.float64] = subject.means.T[None] + fall
    return means


def draw_night(generator: np.random.Generator) -> SyntheticNight:
    """A night of 6.5 to 9 h of a new subject."""
    subject = draw_subject(generator)
    epochs = round(float(np.clip(generator.normal(7.9, 0.5), 6.5, 9.0)) * 120)
    stages = sample_stages(subject.chain, epochs, generator)
    worn = np.ones(epochs, bool)
    for _ in range(int(generator.poisson(0.7))):
        start, length = int(generator.integers(0, epochs)), int(generator.integers(4, 30))
        worn[start : start + length] = False
    scored = np.ones(epochs, bool)
    scored[: int(generator.integers(0, 12))] = False
    noise = _noise(subject, worn, generator)
    latents = expected_latents(subject, epochs)[np.arange(epochs), stages] + noise
    values = subject.offsets + subject.scales * latents
    features = {
        model.name: np.where(worn, _transform(model.transform, values[:, index]), np.nan)
        for index, model in enumerate(FEATURE_MODELS)
    }
    return SyntheticNight(subject, stages, latents, worn, scored, features)


def base_stages(night: SyntheticNight) -> NDArray[np.int8]:
    """Labels in base classes, -1 where unscored."""
    return np.where(night.scored, np.array(STAGES, np.int8)[night.stages], np.int8(-1)).astype(np.int8)


def _noise(subject: SyntheticSubject, worn: NDArray[np.bool_], generator: np.random.Generator) -> NDArray[np.float64]:
    root = np.linalg.cholesky(subject.covariance)
    shocks = generator.normal(size=(len(worn), len(root))) @ root.T
    noise = shocks.copy()
    fresh = np.sqrt(1 - subject.memory**2)
    for epoch in range(1, len(worn)):
        if worn[epoch] and worn[epoch - 1]:
            noise[epoch] = subject.memory * noise[epoch - 1] + fresh * shocks[epoch]
    return noise


def _transform(kind: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if kind == "exp":
        return np.asarray(np.exp(values))
    if kind == "share":
        return np.asarray(1 / (1 + np.exp(-values)))
    if kind == "lack":
        return np.asarray(1 / (1 + np.exp(values)))
    return values
