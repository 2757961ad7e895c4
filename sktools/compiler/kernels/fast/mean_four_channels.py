"""MEAN over the rows, four channels at a time (firmware/kernels/fast/sk_mean_four_channels.c)."""

from __future__ import annotations

from dataclasses import replace

from sktools.compiler.call import Call
from sktools.compiler.lowering import variant
from sktools.compiler.ops.mean import Mean

MIN_ROWS = 4
"""Below this the plain loop is as good, and smaller."""


@variant(Mean, rank=1)
def mean_four_channels(op: Mean, prefix: str) -> Call | None:
    if op.rows < MIN_ROWS:
        return None
    return replace(
        op.lower(prefix),
        kernel="mean_four_channels",
        function="sk_fast_mean",
        header="fast/sk_mean_four_channels.h",
        scratch=4 * op.channels,
    )
