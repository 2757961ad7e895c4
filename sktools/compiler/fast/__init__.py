"""Constants of the fast kernels (firmware/kernels/fast), one module a kernel.

Each module packs the tables that the kernel's struct points to from the plain int8 weights and the TFLite
requantization constants, or returns None where the kernel does not apply; the plain kernels then do the layer.
"""
