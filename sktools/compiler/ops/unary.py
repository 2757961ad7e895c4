"""What operators on single elements share: their 256 answers are computed here and looked up on the board."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernels.plain.lookup import lookup_call
from sktools.compiler.ops.base import FloatArray, Op, activation_operand, float_value, refuse, result


@dataclass(frozen=True, eq=False)
class Unary(Op):
    """table: int8 [256], the output for -128, -127, ... 127."""

    table: NDArray[np.int8]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source, output = activation_operand(operator, graph, 0), result(operator, graph)
        if source.shape != output.shape:
            raise refuse(operator, f"{list(source.shape)} to {list(output.shape)}; one shape is supported")
        function = cls.function(operator, graph, source, output)
        return cls(operator, (source,), output, np.array([function(q) for q in range(-128, 128)], dtype=np.int8))

    @staticmethod
    @abstractmethod
    def function(operator: Operator, graph: Graph, source: Tensor, output: Tensor) -> Callable[[int], int]:
        """int8 to int8, bit for bit as the reference kernel computes it. Raises ModelError."""

    def lower(self, prefix: str) -> Call:
        return lookup_call(prefix, self.inputs[0], self.output, self.table)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        return self.real(float_value(self.inputs[0], values))

    @abstractmethod
    def real(self, value: FloatArray) -> FloatArray:
        """The function on real values."""


def clamped(value: int, low: int = -128, high: int = 127) -> int:
    return min(max(value, low), high)
