"""AVERAGE_POOL_2D, int8: the mean of each window, padding not counted (reference_integer_ops::AveragePool)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sktools.compiler.call import Call
from sktools.compiler.kernels.plain.average_pool_2d import average_pool_2d_call
from sktools.compiler.ops.base import FloatArray, float_activation, float_value, register
from sktools.compiler.ops.options import OptionsReader
from sktools.compiler.ops.pool import Pool2D, pool_options
from sktools.compiler.ops.window import padded, tap


@register("AVERAGE_POOL_2D", options=OptionsReader("Pool2DOptions", pool_options))
@dataclass(frozen=True)
class AveragePool2D(Pool2D):
    def lower(self, prefix: str) -> Call:
        return average_pool_2d_call(self.inputs[0], self.output, self.window, self.clamp)

    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        source = padded(float_value(self.inputs[0], values), self.window, self.output, outside=np.nan)
        taps = [tap(source, self.window, self.output, *place) for place in self.places()]
        return float_activation(self.operator, np.nanmean(taps, axis=0)[np.newaxis])
