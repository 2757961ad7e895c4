"""sk_fast_mean: MEAN over rows, four channels at a time (firmware/kernels/fast/sk_fast_squeeze.c)."""

from __future__ import annotations

from dataclasses import replace

from sktools.compiler.call import Call
from sktools.compiler.lowering import variant
from sktools.compiler.ops import Op
from sktools.compiler.ops.mean import Mean

MIN_ROWS = 4
"""Below this the plain loop is as good, and smaller."""


@variant("MEAN")
def fast_mean(op: Op, prefix: str) -> Call | None:
    assert isinstance(op, Mean)
    if op.rows < MIN_ROWS:
        return None
    return replace(
        op.lower(prefix),
        kernel="fast_mean",
        function="sk_fast_mean",
        files=(
            "fast/sk_fast_mean.c",
            "fast/sk_fast_mean.h",
            "fast/sk_fast_squeeze.c",
            "fast/sk_fast_squeeze.h",
            "fast/sk_simd.h",
            "sk_mean.h",
            "sk_quant.h",
        ),
        scratch=4 * op.channels,
    )
