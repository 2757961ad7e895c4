"""Signal to quantization noise ratio of a layer's activation, in dB."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LIMIT_DB = 200.0
"""Ratios are limited to +-200 dB, so that an activation without any noise (or any signal) stays a number."""


@dataclass(frozen=True)
class SqnrSums:
    """Sums of squares of the float activation (signal) and of its difference to the dequantised one (noise)."""

    signal: float = 0.0
    noise: float = 0.0

    def add(self, reference: npt.NDArray[np.floating], dequantised: npt.NDArray[np.floating]) -> SqnrSums:
        """The sums with one more activation; both arrays hold the same number of elements."""
        real = reference.reshape(-1).astype(np.float64)
        error = real - dequantised.reshape(-1).astype(np.float64)
        return SqnrSums(self.signal + float(real @ real), self.noise + float(error @ error))

    @property
    def decibel(self) -> float:
        """10 log10(signal / noise) within +-LIMIT_DB."""
        if self.noise == 0.0:
            return LIMIT_DB
        if self.signal == 0.0:
            return -LIMIT_DB
        return max(-LIMIT_DB, min(LIMIT_DB, 10.0 * math.log10(self.signal / self.noise)))
