"""The kernels that compute several operators, in the order in which they are tried; and those for spare arena.

The first that applies at an operator is taken, so a longer fusion comes before one that it contains.
"""

from __future__ import annotations

from sktools.compiler.kernels.fast.conv_1x1 import conv_1x1_gated
from sktools.compiler.kernels.fast.conv_1x1_excite import conv_1x1_excite
from sktools.compiler.kernels.fast.conv_1x1_narrow import conv_1x1_narrow
from sktools.compiler.lowering import Fusion
from sktools.compiler.spare import Smaller

FUSIONS: tuple[Fusion, ...] = (conv_1x1_excite, conv_1x1_gated)

SMALLER: tuple[Smaller, ...] = (conv_1x1_narrow,)
