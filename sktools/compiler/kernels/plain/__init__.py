"""The plain kernels: one module per C file of firmware/kernels/, the same name. Any shape, any constants, no assembly.

They know tensors, not operators: an operator's lower() calls one of them.
"""
