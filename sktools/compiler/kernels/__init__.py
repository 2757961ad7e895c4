"""Where each fast kernel of firmware/kernels/fast applies, one file a kernel; importing registers them.

Within an operator the later variant is the faster one; the plain kernel of its ops/ file is always there.
"""

from sktools.compiler.kernels import (
    fast_add,
    fast_any,
    fast_conv,
    fast_depthwise,
    fast_excite,
    fast_lines,
    fast_mean,
    fast_mul,
    fast_narrow,
    fast_pointwise,
    fast_vector,
)

__all__ = [
    "fast_add",
    "fast_any",
    "fast_conv",
    "fast_depthwise",
    "fast_excite",
    "fast_lines",
    "fast_mean",
    "fast_mul",
    "fast_narrow",
    "fast_pointwise",
    "fast_vector",
]
