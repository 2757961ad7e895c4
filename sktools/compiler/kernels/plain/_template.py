"""TEMPLATE of int8 elements (firmware/kernels/sk_template.c). docs/adding-an-operator.md says how to use this file."""

from __future__ import annotations

from sktools.compiler.call import Call
from sktools.compiler.graph import Tensor


def template_call(source: Tensor, output: Tensor) -> Call:
    """source, output: of the same shape."""
    return Call(
        kernel="template",
        function="sk_template",
        header="sk_template.h",
        struct="sk_template_t",
        shape={"elements": output.elements},
        constants={"in_zero_point": source.zero_point, "out_zero_point": output.zero_point},
        inputs=(source.index,),
        output=output.index,
    )
