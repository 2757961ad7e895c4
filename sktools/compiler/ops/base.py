"""What every operator answers: parse (and refuse), role, MACs, lower to a kernel call, evaluate in float."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.call import Call
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.ops.options import NO_OPTIONS, OptionsReader
from sktools.compiler.ops.unsupported import advice
from sktools.compiler.quantization import activation_range, quantize_multiplier
from sktools.errors import ModelError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Role:
    """What an operator does in a network of the zoo's family.

    letter: stands for the operator in the pattern of blocks (naming.py). name: of the layer within its block; "" names
    the layer by its operator and index.
    """

    letter: str
    name: str


NO_ROLE = Role("?", "")
"""The family has no such operator."""
RESHAPING = "R"
"""The letter of operators that only move or reshape rows: they may stand anywhere in a block."""


@dataclass(frozen=True)
class Op(ABC):
    """A checked operator. Subclasses add the fields that their kernel needs."""

    operator: Operator
    inputs: tuple[Tensor, ...]
    output: Tensor

    @classmethod
    @abstractmethod
    def parse(cls, operator: Operator, graph: Graph) -> Op:
        """Check shapes, types and options. Raises ModelError, naming what is supported."""

    def macs(self) -> int:
        """Multiply-accumulates of one inference; padding counts as TFLite's own counters do (every tap)."""
        return 0

    @property
    def is_alias(self) -> bool:
        """True if the output is the input's bytes under another shape."""
        return False

    @property
    def role(self) -> Role:
        """How a network of the zoo's family is recognised, and its layers named."""
        return NO_ROLE

    @abstractmethod
    def lower(self, prefix: str) -> Call:
        """The plain kernel call; prefix: C identifier that starts the names of its tables."""

    @abstractmethod
    def evaluate(self, values: Mapping[int, FloatArray]) -> FloatArray:
        """The operator in float on dequantised operands; values: tensor index -> activation of the tensor's shape."""


OpClass = TypeVar("OpClass", bound=type[Op])
_REGISTRY: dict[str, tuple[type[Op], OptionsReader]] = {}


def register(op: str, *, options: OptionsReader) -> Callable[[OpClass], OpClass]:
    """Class decorator: this class handles the named TFLite operator, and `options` reads the operator's options.

    Raises TypeError if `options` is not an OptionsReader (NO_OPTIONS for an operator without), and ValueError if
    another class handles the operator already: both when the file is imported, not when a user's model is read.
    """
    if not isinstance(options, OptionsReader):
        raise TypeError(f"{op} is registered with options={options!r}; an OptionsReader, or NO_OPTIONS, is needed")

    def decorate(cls: OpClass) -> OpClass:
        if op in _REGISTRY:
            raise ValueError(f"{op} is registered by {_REGISTRY[op][0].__module__} and by {cls.__module__}")
        _REGISTRY[op] = (cls, options)
        return cls

    return decorate


def operator_class(op: str) -> type[Op]:
    """The class that parses the operator. Raises KeyError for an operator that is not supported."""
    return _REGISTRY[op][0]


def options_reader(op: str) -> OptionsReader:
    """The operator's reader; NO_OPTIONS for an operator that is not supported."""
    return _REGISTRY[op][1] if op in _REGISTRY else NO_OPTIONS


def supported_ops() -> tuple[str, ...]:
    return tuple(sorted(_REGISTRY))


def parse_operator(operator: Operator, graph: Graph) -> Op:
    """Raises ModelError naming the operator, its place in the file and what is supported."""
    if operator.op not in _REGISTRY:
        raise unsupported(operator)
    return _REGISTRY[operator.op][0].parse(operator, graph)


def unsupported(operator: Operator) -> ModelError:
    """The error for an operator without a class: its place, its layer, where the supported ones are listed, and what to
    use instead."""
    named = f"operator {operator.index} is {operator.op}" + (f" (layer '{operator.name}')" if operator.name else "")
    return ModelError(f"{named}, which is not supported; docs/operators.md lists the {len(_REGISTRY)} that are",
                      advice(operator) or f"supported: {', '.join(supported_ops())}")  # fmt: skip


def refuse(operator: Operator, what: str, hint: str = "") -> ModelError:
    named = f"{operator.op}, layer '{operator.name}'" if operator.name else operator.op
    return ModelError(f"operator {operator.index} ({named}): {what}", hint)


def operand(operator: Operator, graph: Graph, position: int, *, dtype: str = "INT8") -> Tensor:
    """The operator's input at `position`, checked for its type and, for int8, for its quantization."""
    if position >= len(operator.inputs) or operator.inputs[position] < 0:
        raise refuse(operator, f"input {position} is missing")
    return _checked(operator, graph.tensors[operator.inputs[position]], f"input {position}", dtype)


def result(operator: Operator, graph: Graph) -> Tensor:
    """The operator's single int8 output."""
    if len(operator.outputs) != 1:
        raise refuse(operator, f"has {len(operator.outputs)} outputs; one is supported")
    return _checked(operator, graph.tensors[operator.outputs[0]], "the output", "INT8")


def _checked(operator: Operator, tensor: Tensor, what: str, dtype: str) -> Tensor:
    if tensor.dtype != dtype:
        raise refuse(operator, f"{what} is {tensor.dtype}; {dtype} is supported")
    if tensor.elements == 0:
        raise refuse(operator, f"{what} has shape {list(tensor.shape)}: no elements")
    if dtype == "INT8":
        quantization = tensor.quantization
        if quantization is None:
            raise refuse(operator, f"{what} is int8 without quantization")
        if np.any(quantization.scale <= 0):
            raise refuse(operator, f"{what} has a scale that is not positive")
        if np.any(quantization.zero_point < -128) or np.any(quantization.zero_point > 127):
            raise refuse(operator, f"{what} has a zero point outside -128..127")
    return tensor


def same_quantization(operator: Operator, *tensors: Tensor) -> None:
    """Raises ModelError unless all have one scale and zero point."""
    if len({(tensor.scale, tensor.zero_point) for tensor in tensors}) > 1:
        raise refuse(operator, "its input and output are quantized differently")


def constant_numbers(operator: Operator, graph: Graph, position: int) -> NDArray[np.int64]:
    """The int32 constant at `position`, in its own shape. Raises ModelError for anything else."""
    tensor = operand(operator, graph, position, dtype="INT32")
    if tensor.data is None:
        raise refuse(operator, f"input {position} is not a constant")
    return np.asarray(tensor.data).astype(np.int64)


def activation_operand(operator: Operator, graph: Graph, position: int, *, constant: bool = False) -> Tensor:
    """An int8 input quantized per tensor. constant: whether the file may hold its values."""
    tensor = operand(operator, graph, position)
    if tensor.data is not None and not constant:
        raise refuse(operator, f"input {position} is a constant; an activation is supported here")
    if tensor.quantization is not None and len(tensor.quantization.scale) != 1:
        raise refuse(operator, f"input {position} is quantized per channel; per tensor is supported here")
    return tensor


def clamp_of(operator: Operator, output: Tensor) -> tuple[int, int]:
    """int8 limits of the fused activation. Raises ModelError for an unknown one or an empty range."""
    try:
        low, high = activation_range(str(operator.options.get("activation", "NONE")), output.scale, output.zero_point)
    except ValueError as error:
        raise refuse(operator, str(error)) from error
    if low > high:
        raise refuse(operator, f"its activation clamps int8 to the empty range {low}..{high}")
    return low, high


def multiplier_of(operator: Operator, real: float) -> tuple[int, int]:
    """quantize_multiplier with the operator's name in the error."""
    try:
        return quantize_multiplier(real)
    except ValueError as error:
        raise refuse(operator, str(error)) from error


def on_one_row(tensor: Tensor) -> bool:
    """True if the last axis holds every element, as in the gate of squeeze-excite."""
    return tensor.elements == (tensor.shape or (1,))[-1]


def dequantize(tensor: Tensor) -> FloatArray:
    """A constant tensor as float64 [shape]. int32 constants (biases) use their own scale."""
    assert tensor.data is not None and tensor.quantization is not None
    quantization = tensor.quantization
    shape = [1] * max(len(tensor.shape), 1)
    if len(quantization.scale) > 1:
        shape[quantization.axis] = len(quantization.scale)
    scale = quantization.scale.astype(np.float64).reshape(shape)
    zero_point = quantization.zero_point.astype(np.float64).reshape(shape)
    return np.asarray((tensor.data.astype(np.float64) - zero_point) * scale).reshape(tensor.shape)


def float_value(tensor: Tensor, values: Mapping[int, FloatArray]) -> FloatArray:
    """The tensor's float activation, or its dequantised constant."""
    return dequantize(tensor) if tensor.data is not None else values[tensor.index].reshape(tensor.shape)


def float_activation(operator: Operator, value: FloatArray) -> FloatArray:
    limits = {"NONE": (-np.inf, np.inf), "RELU": (0.0, np.inf), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}
    low, high = limits[str(operator.options.get("activation", "NONE"))]
    return np.clip(value, low, high)
