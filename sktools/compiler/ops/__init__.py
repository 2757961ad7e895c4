"""The operators, one file each. Importing this package imports every file whose name does not begin with "_"."""

from importlib import import_module
from pkgutil import iter_modules

from sktools.compiler.ops.base import Op, operator_class, options_reader, parse_operator, register, supported_ops

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        import_module(f"{__name__}.{_module.name}")

__all__ = ["Op", "operator_class", "options_reader", "parse_operator", "register", "supported_ops"]
