"""Pointwise convolutions with int8 weights in flash, widened in spare arena
(firmware/kernels/fast/sk_fast_narrow.c)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sktools.compiler.call import Call, Table
from sktools.compiler.fast.narrow import narrow_tiles
from sktools.compiler.fast.pointwise import FITTED
from sktools.compiler.spare import smaller

WIDE = ("fast_pw", "fast_gated_pw", "fast_excite_pw")
"""Kernels that have a narrow twin."""


@smaller
def fast_narrow(call: Call) -> Call | None:
    fields = {field.rpartition(".")[2]: value for field, value in call.fields}
    if call.kernel not in WIDE or call.scratch or fields["tile_stage"] != FITTED:
        return None
    (tiles,) = call.tables
    narrow = narrow_tiles(tiles.values.astype(np.int32))
    if narrow is None:
        return None
    name = call.kernel.replace("fast_", "fast_narrow_")
    return replace(
        call,
        kernel=name,
        function=f"sk_{name}",
        fields=tuple(
            (field, Table(tiles.name, "int32_t", narrow) if value is tiles else value) for field, value in call.fields
        ),
        files=tuple(
            dict.fromkeys(
                (
                    *call.files,
                    "fast/sk_fast_excite.c",
                    "fast/sk_fast_excite.h",
                    "fast/sk_fast_narrow.c",
                    "fast/sk_fast_narrow.h",
                )
            )
        ),
        scratch=tiles.size,
    )
