"""What MAX_POOL_2D and AVERAGE_POOL_2D share: options, checks, and the places of a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from sktools.compiler.graph import Graph, Operator
from sktools.compiler.kernels.arithmetic.windows import Window
from sktools.compiler.ops.base import Op, clamp_of, refuse, result, same_quantization
from sktools.compiler.ops.options import Options, strided_window
from sktools.compiler.ops.window import image_operand, image_shape, parse_window


def pool_options(table: Any) -> Options:
    return {
        **strided_window(table),
        "dilation_h": 1,
        "dilation_w": 1,
        "kernel_h": table.FilterHeight(),
        "kernel_w": table.FilterWidth(),
    }


@dataclass(frozen=True)
class Pool2D(Op):
    window: Window
    clamp: tuple[int, int]

    @classmethod
    def parse(cls, operator: Operator, graph: Graph) -> Self:
        source = image_operand(operator, graph)
        output = image_shape(operator, result(operator, graph), "the output")
        if source.shape[3] != output.shape[3]:
            raise refuse(operator, f"{source.shape[3]} channels to {output.shape[3]}; as many are supported")
        same_quantization(operator, source, output)
        kernel = int(operator.options.get("kernel_h", 0)), int(operator.options.get("kernel_w", 0))
        if min(kernel) < 1:
            raise refuse(operator, f"a window of {kernel[0]} x {kernel[1]}; 1 x 1 and larger are supported")
        window = parse_window(operator, source, output, kernel)
        return cls(operator, (source,), output, window, clamp_of(operator, output))

    def places(self) -> Iterator[tuple[int, int]]:
        """Row and column of each element of a window."""
        return ((y, x) for y in range(self.window.kernel_h) for x in range(self.window.kernel_w))
