"""The operators, one file each; importing this package registers them."""

from sktools.compiler.ops import add, conv_2d, depthwise_conv_2d, fully_connected, mean, mul, reshape, rows
from sktools.compiler.ops.base import Op, parse_operator, register, supported_ops

__all__ = [
    "Op",
    "add",
    "conv_2d",
    "depthwise_conv_2d",
    "fully_connected",
    "mean",
    "mul",
    "parse_operator",
    "register",
    "reshape",
    "rows",
    "supported_ops",
]
