"""Between real values and a model's int8: real = scale * (q - zero_point)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def quantize(values: NDArray[np.float32], scale: float, zero_point: int) -> NDArray[np.int8]:
    """int8 of real values, rounded half away from zero as TFLite's QUANTIZE does, limited to -128..127."""
    with np.errstate(over="ignore"):  # what is beyond float32 saturates like everything beyond int8
        steps = values.astype(np.float32) / np.float32(scale)
    rounded = np.trunc(steps + np.copysign(np.float32(0.5), steps))
    result: NDArray[np.int8] = np.clip(rounded + zero_point, -128, 127).astype(np.int8)
    return result


def dequantize(values: NDArray[np.integer], scale: float, zero_point: int) -> NDArray[np.float32]:
    """Real values of int8 (or uint8), float32, same shape."""
    return (np.float32(scale) * (values.astype(np.float32) - np.float32(zero_point))).astype(np.float32)
