"""Device activations against the reference, byte by byte."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int8Array = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Parity:
    """Elements compared, how many differ, and the largest difference in LSB."""

    elements: int = 0
    mismatched: int = 0
    max_abs_diff: int = 0

    def __add__(self, other: Parity) -> Parity:
        return Parity(
            self.elements + other.elements,
            self.mismatched + other.mismatched,
            max(self.max_abs_diff, other.max_abs_diff),
        )


def crc32(activation: Int8Array) -> int:
    """CRC-32 (IEEE 802.3, the one of zlib) of an activation's bytes in C order, as the firmware takes it."""
    return zlib.crc32(np.ascontiguousarray(activation, dtype=np.int8).tobytes())


def compare(device: Int8Array, reference: Int8Array) -> Parity:
    """Parity of two int8 arrays with the same number of elements; shapes may differ.

    Raises ValueError where the numbers of elements differ.
    """
    left, right = device.reshape(-1), reference.reshape(-1)
    if left.size != right.size:
        raise ValueError(f"device sent {left.size} elements, the reference has {right.size}")
    difference = np.abs(left.astype(np.int16) - right.astype(np.int16))
    return Parity(left.size, int(np.count_nonzero(difference)), int(difference.max(initial=0)))
