"""The network as the compiler sees it: tensors and operators in execution order, free of the flatbuffer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Quantization:
    """Affine quantization, real = scale * (q - zero_point); one entry, or one a channel along `axis`.

    scale: float32 [n]; zero_point: int64 [n]; n is 1 or the extent of `axis`.
    """

    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int = 0


@dataclass(frozen=True)
class Tensor:
    """index: position in the file (new tensors made by passes count on); data: the constant, or None."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None
    data: NDArray[np.generic] | None

    @property
    def elements(self) -> int:
        count = 1
        for extent in self.shape:
            count *= extent
        return count

    @property
    def scale(self) -> float:
        """Per-tensor scale, the file's float32 widened."""
        assert self.quantization is not None
        return float(self.quantization.scale[0])

    @property
    def zero_point(self) -> int:
        assert self.quantization is not None
        return int(self.quantization.zero_point[0])


@dataclass(frozen=True)
class Operator:
    """One operator of the file. options: the builtin options by name (numbers, bools and strings).

    folded: the file's operators that a pass folded into this one; index and file_op are of the one whose output this
    one computes (file_op "": the same as op). name: of its output in the file, for messages: anybody's text.
    """

    index: int
    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, int | float | str]
    folded: tuple[Operator, ...] = ()
    file_op: str = ""
    name: str = ""


@dataclass(frozen=True)
class Graph:
    """A single-input, single-output network. tensors: by index; operators: in execution order.

    at_host: operators at the file's edges that are no part of the int8 network, with their places in the file.
    open_batch: the file leaves the number of frames open, and stores 1.
    """

    tensors: Mapping[int, Tensor]
    operators: tuple[Operator, ...]
    input: int
    output: int
    at_host: tuple[Operator, ...] = ()
    open_batch: bool = False

    def consumers(self, tensor: int) -> tuple[Operator, ...]:
        return tuple(operator for operator in self.operators if tensor in operator.inputs)
