"""The fast kernels: one module per C file of firmware/kernels/fast, the same name.

A module holds the conditions for the kernel, the packing of its tables and its call. Importing this package imports
every module, and each registers itself; so a new file is found, and the order in which files are found has no effect.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
