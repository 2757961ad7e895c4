"""A made-up model of three layers with a fake device and a fake oracle: no compiler, no board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sktools.boards.driver import Counter, StepCount
from sktools.compiler.compiled import Buffer, CompiledModel, Layer, MemoryPlan, TensorSpec
from sktools.profiling.assemble import Setting
from sktools.profiling.parity import crc32
from sktools.profiling.profile import AppliedCalibration, MemoryUse
from sktools.profiling.session import DeviceRun

Int8 = NDArray[np.int8]
INPUT = TensorSpec((1, 4, 2), 0.5, 0)
HIDDEN = TensorSpec((1, 4, 3), 0.25, 1)
OUTPUT = TensorSpec((1, 4, 2), 0.5, -1)


def model() -> CompiledModel:
    """ENC (step 0), a fused, unobservable MUL (step 1, paid for by the convolution), DEC (step 1)."""
    layers = (
        Layer(0, "ENC/depthwise", "ENC", "DEPTHWISE_CONV_2D", 40, 10, HIDDEN, 0, True, True, 12, "sk_depthwise"),
        Layer(1, "DEC/scale", "DEC", "MUL", 12, 11, HIDDEN, 1, False, False, 0, ""),
        Layer(2, "DEC/conv", "DEC", "CONV_2D", 60, 12, OUTPUT, 1, True, True, 8, "sk_conv"),
    )
    plan = MemoryPlan(24, 20, (Buffer("ENC/depthwise", 0, 12, 0, 1), Buffer("DEC/conv", 12, 8, 1, 1)), 24)
    return CompiledModel("fake", "ab" * 32, INPUT, OUTPUT, layers, 2, plan, {}, (), 100, "balanced")


class Oracle:
    def run(self, frame: Int8) -> Mapping[int, Int8]:
        hidden = np.concatenate([frame[..., :1], frame], axis=-1)
        return {10: hidden, 11: hidden, 12: np.negative(frame)}

    def float_activations(self, frame: np.ndarray) -> Mapping[int, np.ndarray]:
        exact = self.run((frame / INPUT.scale).astype(np.int8))
        return {10: 0.25 * (exact[10].astype(float) - 1), 12: 0.5 * (exact[12].astype(float) + 1) + 0.01}


@dataclass
class Device:
    """Answers as the oracle does; `flip` changes one byte of the activation at that step, by `amount`."""

    flip: int | None = None
    amount: int = 3
    counted: bool = True
    lies: bool = False
    fetches: list[int] = field(default_factory=list)
    frames: int = 0

    def _activations(self, frame: Int8) -> list[Int8]:
        exact = Oracle().run(frame)
        found = [exact[10].copy(), exact[12].copy()]
        if self.flip is not None:
            found[self.flip].reshape(-1)[5] += self.amount
        return found

    def run(self, frame: Int8) -> DeviceRun:
        self.frames += 1
        found = self._activations(frame)
        costs = (StepCount(100, 119 + self.frames), StepCount(200, 300)) if self.counted else ()
        return DeviceRun(found[1], tuple(crc32(activation) for activation in found), costs)

    def activation(self, frame: Int8, step: int) -> Int8:
        self.fetches.append(step)
        return self._activations(frame)[step].reshape(-1) + np.int8(self.lies)


def real(count: int = 3) -> np.ndarray:
    """The frames' real values."""
    return INPUT.scale * frames(count).astype(np.float32)


def frames(count: int = 3) -> Int8:
    return np.random.default_rng(0).integers(-50, 50, (count, *INPUT.shape), dtype=np.int8)


CALIBRATION = AppliedCalibration(1.109, (-9.0, 5.0), "its error for other code is unknown.", "an interpreter")


def setting(calibration: AppliedCalibration | None = CALIBRATION) -> Setting:
    kind = "cycle-model" if calibration else "dwt"
    return Setting(
        model="fake",
        engine="aot",
        board="virtual",
        clock_hz=192e6,
        created="2026-01-02T03:04:05Z",
        frame_hours=2.0,
        sqnr_reference="float-model",
        counter=Counter(kind, "a fake"),
        calibration=calibration,
        memory=MemoryUse(24, 20000, 8000, 100, 512),
    )


def accuracy() -> dict[str, object]:
    score = {
        "accuracy": 0.75,
        "f1": 0.74,
        "kappa": 0.5,
        "average_precision": 0.8,
        "per_class": {"WAKE": {"recall": 0.5, "f1": 0.6}, "SLEEP": {"recall": 0.9, "f1": 0.85}},
        "confusion": [[5, 5], [1, 9]],
    }
    return {"dataset": "synthetic", "subjects": ["a", "b"], "frames": 3, **score, "host": dict(score)}
