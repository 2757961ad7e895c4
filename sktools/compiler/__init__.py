""".tflite -> graph -> steps -> memory plan -> C."""

from sktools.compiler.choice import OPTIMIZE_LEVELS
from sktools.compiler.compile import compile_model
from sktools.compiler.compiled import CONTRACT, Buffer, CompiledModel, Layer, MemoryPlan, TensorSpec

__all__ = [
    "CONTRACT",
    "OPTIMIZE_LEVELS",
    "Buffer",
    "CompiledModel",
    "Layer",
    "MemoryPlan",
    "TensorSpec",
    "compile_model",
]
