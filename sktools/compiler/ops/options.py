"""How an operator's file reads its own table of options from the .tflite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Options = Mapping[str, int | float | str]

LONGEST_VECTOR = 7
"""Numbers that are read of a vector among the options: one more than a tensor may have axes."""

_PADDING = {0: "SAME", 1: "VALID"}
_ACTIVATION = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH", 5: "SIGN_BIT"}


@dataclass(frozen=True)
class OptionsReader:
    """table: name of the flatbuffer table, such as "Conv2DOptions" (schema.fbs of TensorFlow Lite); "" if the operator
    has no options that matter. read: that table, as the package `tflite` gives it, to options by name.
    """

    table: str
    read: Callable[[Any], Options]


NO_OPTIONS = OptionsReader("", lambda table: {})


def activation(table: Any) -> str:
    """The fused activation: "NONE", "RELU", ...; `clamp_of` in ops/base.py refuses what is not supported."""
    return _ACTIVATION.get(table.FusedActivationFunction(), f"activation {table.FusedActivationFunction()}")


def activation_only(table: Any) -> Options:
    """For a table whose fused activation is all that matters."""
    return {"activation": activation(table)}


def strided_window(table: Any) -> dict[str, int | bool | str]:
    """Padding, strides and activation of a sliding window."""
    return {
        "padding": _PADDING.get(table.Padding(), f"padding {table.Padding()}"),
        "stride_h": table.StrideH(),
        "stride_w": table.StrideW(),
        "activation": activation(table),
    }


def convolution(table: Any) -> dict[str, int | bool | str]:
    """`strided_window` and the dilations."""
    return {
        **strided_window(table),
        "dilation_h": table.DilationHFactor(),
        "dilation_w": table.DilationWFactor(),
    }


def numbers(count: int, element: Callable[[int], int]) -> str:
    """A short vector as an option's value: "1,-1,64"."""
    return ",".join(str(element(position)) for position in range(min(count, LONGEST_VECTOR)))
