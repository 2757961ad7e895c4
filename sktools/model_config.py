"""A zoo model's config.yaml: network, classes, features, training recipe, quantization and data split.

Needs nothing beyond PyYAML, so that every stage can read it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sktools.errors import UsageError
from sktools.strict_yaml import parse, plain, read_yaml, suggest

BASE_STAGES: Mapping[int, str] = {0: "WAKE", 1: "N1", 2: "N2", 3: "N3", 5: "REM"}
"""Base classes of every reader's labels (N4 is merged into N3); -1 is unscored."""

EPOCH_SECONDS = 30
EPOCHS_PER_HOUR = 120
LONGEST_DELAY_MINUTES = 60
NOTHING_SAID: Mapping[str, object] = {
    "live": None,
    "temperature": 1.0,
    "supersedes": [],
    "training.frames": "anywhere",
    "training.newest": 40,
    "training.older_weight": 0.3,
    "training.teacher": None,
    "training.teacher_features": None,
    "training.teacher_share": 0.7,
    "training.prior_weight": 0.0,
    "training.prior_minutes": 60.0,
}
"""Keys of a configuration that configuration.json leaves out if they have these values."""
FRAMES = ("anywhere", "ending")
TEACHERS = ("trees",)


STANDARD_NAMES: Mapping[str, str] = {"W": "WAKE", "S": "SLEEP", "R": "REM", "CORE": "LIGHT"}
"""Class names that YASA spells otherwise; Apple's CORE is its LIGHT."""


def standard_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """Classes as YASA spells them: WAKE, SLEEP, NREM, LIGHT, DEEP, N1, N2, N3, REM; other names in capitals."""
    return tuple(STANDARD_NAMES.get(name.upper(), name.upper()) for name in class_names)


def bedtime_epoch(seconds: float) -> int:
    """The epoch that a bedtime falls into, counted from the recording's first; negative before it."""
    return math.floor(seconds / EPOCH_SECONDS)


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of one network of the SS-N-TCN-SM family.

    epochs: 30 s epochs a frame (240 = 2 h). features: input channels. classes: output logits an epoch.
    kernel: taps of every depthwise convolution and of the decoder, any size from 1.
    filters, depths, dilations: one entry a block.
    squeeze_ratio: squeeze-excite squeezes C channels to C // ratio (at least 1); 0 leaves squeeze-excite out.
    skip: add a block's input to its output where the widths agree.
    dropout: spatial dropout after each block in training. l2: weight penalty on convolution kernels.
    """

    kernel: int
    filters: tuple[int, ...]
    depths: tuple[int, ...]
    dilations: tuple[int, ...]
    classes: int
    kind: str = "tcn-sm"
    epochs: int = 240
    features: int = 14
    squeeze_ratio: int = 4
    skip: bool = True
    dropout: float = 0.1
    l2: float = 1e-3

    def __post_init__(self) -> None:
        if self.kind != "tcn-sm":
            raise UsageError(f"network kind '{self.kind}' is unknown; {suggest(self.kind, ['tcn-sm'])}")
        if not len(self.filters) == len(self.depths) == len(self.dilations):
            raise UsageError(
                f"filters, depths and dilations need one entry a block, found "
                f"{len(self.filters)}, {len(self.depths)} and {len(self.dilations)}"
            )
        positive = {
            "kernel": (self.kernel,),
            "epochs": (self.epochs,),
            "features": (self.features,),
            "classes": (self.classes,),
            "filters": self.filters,
            "depths": self.depths,
            "dilations": self.dilations,
        }
        for name, values in positive.items():
            if any(value < 1 for value in values):
                raise UsageError(f"{name} must be 1 or more, found {min(values)}")
        if self.squeeze_ratio < 0:
            raise UsageError(f"squeeze_ratio must be 0 (none) or more, found {self.squeeze_ratio}")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout must be in [0, 1), found {self.dropout}")

    def squeezed(self, channels: int) -> int:
        """Channels between the two 1x1 convolutions of squeeze-excite."""
        return max(1, channels // self.squeeze_ratio)

    def has_skip(self, block: int) -> bool:
        """Whether a block (from 0) adds its input to its output."""
        width = self.features if block == 0 else self.filters[block - 1]
        return self.skip and width == self.filters[block]


@dataclass(frozen=True)
class ClassesConfig:
    """Target classes. map: base stage (0 wake, 1 N1, 2 N2, 3 N3, 5 REM) -> index into names."""

    names: tuple[str, ...]
    map: Mapping[int, int]

    def __post_init__(self) -> None:
        if len(self.names) < 2:
            raise UsageError(f"names holds {len(self.names)} class, expected 2 or more")
        if 0 not in self.map:
            raise UsageError("map: base stage 0 (wake) has no class")
        for stage, target in self.map.items():
            if stage not in BASE_STAGES:
                raise UsageError(f"map: base stage {stage} is unknown; known: {', '.join(map(str, BASE_STAGES))}")
            if not 0 <= target < len(self.names):
                raise UsageError(f"map: stage {stage} goes to class {target}, there are {len(self.names)}")


@dataclass(frozen=True)
class PriorConfig:
    """Prior of the causal normalisation: mean and standard deviation of each feature, worth `epochs` epochs of data."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    epochs: float = 60.0

    def __post_init__(self) -> None:
        if len(self.mean) != len(self.std):
            raise UsageError(f"mean and std need the same length, found {len(self.mean)} and {len(self.std)}")
        if any(value <= 0 for value in self.std):
            raise UsageError(f"std must be positive, found {min(self.std)}")


@dataclass(frozen=True)
class FeaturesConfig:
    """Feature set and how it is normalised before the network.

    normalisation: 'subject' (whole night, as published) or 'causal' (running statistics from `prior`).
    clip: normalised values are limited to [-clip, clip].
    """

    set: str = "fs-w-pa-14"
    normalisation: str = "subject"
    clip: float = 6.0
    prior: PriorConfig | None = None

    def __post_init__(self) -> None:
        known = ("subject", "causal")
        if self.normalisation not in known:
            raise UsageError(f"normalisation '{self.normalisation}' is unknown; {suggest(self.normalisation, known)}")
        if self.normalisation == "causal" and self.prior is None:
            raise UsageError("causal normalisation needs a prior")
        if self.clip <= 0:
            raise UsageError(f"clip must be positive, found {self.clip}")


@dataclass(frozen=True)
class TrainingConfig:
    """Training recipe. One 'training epoch' is `steps` batches of random frames.

    frames_per_subject: random frames drawn from a subject before the next subject is drawn.
    validation: share of the training subjects, by subject, kept for choosing the best weights.
    dataset_weights: share of the batches drawn from a data set; data sets not named share the rest evenly.
    feature_dropout: probability that a frame loses one sensor group; sensors_dropout: that it keeps heart rate alone.
    noise: standard deviation of the noise added to normalised features.
    weight_averaging: decay a step of the running average of the weights that is kept; 0 keeps the weights themselves.
    first: a model, by its name in the zoo, whose classes (more than the model's own) the network learns before its own,
    with another last layer and by this same recipe; training then goes on from those weights.
    frames: 'anywhere' in the night, or 'ending': the frame ends now, as a watch has it, 0 before the night's start.
    newest: epochs at the end of an 'ending' frame that count fully; older ones count `older_weight`.
    teacher: 'trees' teach the network besides the labels (sktools.training.teachers), on the features of the set
    `teacher_features` (the model's own if it is not given); their answers make up `teacher_share` of the target.
    prior_weight, prior_minutes: of the stage prior by the time since bedtime, and the minutes after which it is 0
    (sktools.metrics.clock.fit_clock); by default the decision has no prior.
    """

    seed: int = 42
    epochs: int = 100
    steps: int = 50
    batch: int = 32
    learning_rate: float = 1e-3
    frames_per_subject: int = 20
    validation: float = 0.2
    focal_gamma: float = 2.0
    label_smoothing: float = 0.0
    class_weights: bool = True
    class_weight_power: float = 1.0
    sensor_dropout: float = 0.3
    heart_rate_only: float = 0.3
    noise: float = 0.0
    weight_averaging: float = 0.99
    checkpoint_every: int = 5
    dataset_weights: Mapping[str, float] = field(default_factory=dict)
    first: str | None = None
    frames: str = "anywhere"
    newest: int = 40
    older_weight: float = 0.3
    teacher: str | None = None
    teacher_features: str | None = None
    teacher_share: float = 0.7
    prior_weight: float = 0.0
    prior_minutes: float = 60.0

    def __post_init__(self) -> None:
        if self.frames not in FRAMES:
            raise UsageError(f"frames '{self.frames}' is unknown; {suggest(self.frames, FRAMES)}")
        if self.teacher is not None and self.teacher not in TEACHERS:
            raise UsageError(f"teacher '{self.teacher}' is unknown; {suggest(self.teacher, TEACHERS)}")
        for name in ("older_weight", "teacher_share", "prior_weight"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} must be in [0, 1], found {getattr(self, name)}")
        for name in ("epochs", "steps", "batch", "frames_per_subject", "checkpoint_every", "newest"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be 1 or more, found {getattr(self, name)}")
        for name in ("weight_averaging", "validation", "sensor_dropout", "heart_rate_only", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"{name} must be in [0, 1), found {getattr(self, name)}")
        if self.learning_rate <= 0:
            raise UsageError(f"learning_rate must be positive, found {self.learning_rate}")


@dataclass(frozen=True)
class QuantizationConfig:
    """Post-training int8 quantization.

    calibration_frames: frames of training subjects that the activation ranges are taken from.
    max_f1_drop: weighted F1 that int8 may lose against float before it is refused.
    """

    calibration_frames: int = 200
    max_f1_drop: float = 0.02

    def __post_init__(self) -> None:
        if self.calibration_frames < 1:
            raise UsageError(f"calibration_frames must be 1 or more, found {self.calibration_frames}")


@dataclass(frozen=True)
class LiveConfig:
    """How a model answers while the night lasts: the answer for an epoch is read `delay_minutes` later.

    reason: why this delay is recommended, for people.
    """

    delay_minutes: float
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.delay_minutes <= LONGEST_DELAY_MINUTES or self.delay_epochs * EPOCH_SECONDS != (
            self.delay_minutes * 60
        ):
            raise UsageError(
                f"delay_minutes is {self.delay_minutes:g}, expected whole epochs of 0.5 minutes, "
                f"0 to {LONGEST_DELAY_MINUTES}"
            )

    @property
    def delay_epochs(self) -> int:
        return round(self.delay_minutes * 60 / EPOCH_SECONDS)


@dataclass(frozen=True)
class ModelConfig:
    """One model of the zoo, everything that is needed to train it again.

    live: how it is scored and answers if it is for a watch; None for nights that are over.
    temperature: the logits, stage prior included, are divided by it before they become probabilities.
    supersedes: retired names that lead to this model.
    held_out: data set -> subject ids that training never sees; held_out_rule says how they were chosen.
    published: figures of the model page, for tables only.
    """

    name: str
    description: str
    network: NetworkConfig
    classes: ClassesConfig
    features: FeaturesConfig = FeaturesConfig()
    training: TrainingConfig = TrainingConfig()
    quantization: QuantizationConfig = QuantizationConfig()
    held_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held_out_rule: str = ""
    published: Mapping[str, float] = field(default_factory=dict)
    live: LiveConfig | None = None
    temperature: float = 1.0
    supersedes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise UsageError(f"temperature must be positive, found {self.temperature}")
        if len(self.classes.names) != self.network.classes:
            raise UsageError(
                f"network.classes is {self.network.classes}, but classes.names holds {len(self.classes.names)} names"
            )


def load_config(path: Path) -> ModelConfig:
    """The model configuration in a config.yaml. Raises UsageError, naming file and key, where it is not valid."""
    return parse(ModelConfig, read_yaml(path), str(path))


def resolved(config: ModelConfig) -> dict[str, Any]:
    """The configuration with every default filled in, as written to configuration.json.

    Keys that came later are left out if they say nothing, so that older files still say the same.
    """
    document: dict[str, Any] = plain(config)
    for path, nothing in NOTHING_SAID.items():
        *section, key = path.split(".")
        holder = document[section[0]] if section else document
        if holder[key] == nothing:
            del holder[key]
    document["classes"]["map"] = {str(stage): target for stage, target in config.classes.map.items()}
    return document


def config_digest(config: ModelConfig) -> str:
    """SHA-256 of the resolved configuration; a checkpoint of another configuration is not resumed."""
    return hashlib.sha256(json.dumps(resolved(config), sort_keys=True).encode()).hexdigest()
