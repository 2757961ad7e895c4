"""The frames that a session runs: a data set's, the user's own from a .npy, or seeded random ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sktools.compiler.compiled import TensorSpec
from sktools.errors import DataError, UsageError
from sktools.features.evaluation_set import EvaluationSet
from sktools.features.live import live_nights
from sktools.metrics.quantized import dequantize, quantize
from sktools.profiling.parity import Int8Array

RANDOM_FRAMES, RANDOM_SEED = 50, 0
ROLLING_REAL = 8
"""Rolling frames whose real values are kept."""


@dataclass(frozen=True)
class FrameSet:
    """frames: int8 [n, *model input]. real: float32, the same frames before quantization (or dequantised ones); of
    rolling frames the first ones alone.

    source: one line that says where they come from.
    rolling: the frames of all its nights, each ending with another epoch, as a watch has them.
    labelled: the evaluation set that they are the first frames of, None where there are no labels.
    """

    frames: Int8Array
    real: npt.NDArray[np.float32]
    source: str
    labelled: EvaluationSet | None = None
    rolling: bool = False

    @property
    def sha256(self) -> str:
        """Digest of the int8 bytes that the board is given, in hexadecimal."""
        return hashlib.sha256(np.ascontiguousarray(self.frames).tobytes()).hexdigest()


def from_evaluation(evaluation: EvaluationSet, spec: TensorSpec, limit: int | None = None) -> FrameSet:
    """The first `limit` frames of an evaluation set (all where None).

    Raises UsageError where its frames do not fit the model's input.
    """
    width = evaluation.features.shape[1] * evaluation.features.shape[2]
    if width != spec.elements:
        raise UsageError(
            f"frames of {evaluation.features.shape[1]} x {evaluation.features.shape[2]} do not fit the model's input "
            f"{list(spec.shape)}"
        )
    values = evaluation.features[:limit]
    real = values.reshape(len(values), *spec.shape)
    kind = " (generated)" if evaluation.synthetic else ""
    return FrameSet(
        quantize(real, spec.scale, spec.zero_point), real, f"data set {evaluation.dataset}{kind}", evaluation
    )


def rolling_frames(evaluation: EvaluationSet, spec: TensorSpec) -> FrameSet:
    """The frames of every epoch of an evaluation set's nights, each ending with its epoch.

    Raises UsageError if they do not fit the model's input.
    """
    first = from_evaluation(evaluation, spec, 1)
    nights = live_nights(evaluation)
    quantized = [quantize(night.frames.reshape(-1, *spec.shape), spec.scale, spec.zero_point) for night in nights]
    real = nights[0].frames[:ROLLING_REAL].reshape(-1, *spec.shape)
    return FrameSet(np.concatenate(quantized), real, f"{first.source}, live", evaluation, rolling=True)


def from_file(path: Path, spec: TensorSpec, limit: int | None = None) -> FrameSet:
    """Frames of a .npy: [n, *model input], int8 as they are or float already normalised.

    Raises DataError where the file cannot be read or does not fit; a shape without the model's leading 1 fits too.
    """
    try:
        # Mapped, so that only what is taken is read, and a header that promises more than the file has is refused.
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # whatever a strange header makes NumPy's parser raise
        hint = f"numpy.save, int8 or float32 [n, {_shape(spec)}]"
        raise DataError(f"{path}: is no readable .npy array", hint) from error
    if not isinstance(values, np.ndarray):
        raise DataError(f"{path}: holds several arrays, expected one", "numpy.save instead of numpy.savez")
    return from_array(values, str(path), spec, limit)


def from_array(values: npt.NDArray[Any], name: str, spec: TensorSpec, limit: int | None = None) -> FrameSet:
    """Frames of an array: [n, *model input], int8 as they are or float already normalised.

    name: where they come from, for people. Raises DataError if the array does not fit; see from_file.
    """
    squeezed = spec.shape[1:] if spec.shape[:1] == (1,) else spec.shape
    if values.ndim < 1 or len(values) == 0 or values.shape[1:] not in (spec.shape, squeezed):
        raise DataError(f"{name}: has shape {list(values.shape)}, expected [n, {_shape(spec)}] with n of 1 or more")
    values = np.array(values[:limit]).reshape(-1, *spec.shape)
    if values.dtype == np.int8:
        return FrameSet(values, dequantize(values, spec.scale, spec.zero_point), name)
    if not np.issubdtype(values.dtype, np.floating):
        raise DataError(f"{name}: holds {values.dtype}, expected int8 or float32")
    with np.errstate(over="ignore"):
        real = values.astype(np.float32)
    if not np.isfinite(real).all():
        raise DataError(f"{name}: holds values that are not finite", "mask them (0 is a feature's mean)")
    return FrameSet(quantize(real, spec.scale, spec.zero_point), real, name)


def random_frames(spec: TensorSpec, count: int | None = None) -> FrameSet:
    """Seeded uniform int8 frames: for a model that nothing is known of."""
    number = RANDOM_FRAMES if count is None else count
    values = np.random.default_rng(RANDOM_SEED).integers(-128, 128, (number, *spec.shape), dtype=np.int8)
    return FrameSet(values, dequantize(values, spec.scale, spec.zero_point), f"random int8 (seed {RANDOM_SEED})")


def _shape(spec: TensorSpec) -> str:
    return ", ".join(map(str, spec.shape))
