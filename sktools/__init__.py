"""sktools: sleep-stage networks from wrist recordings to a measured microcontroller.

The functions below do what the commands of their names do, for a program instead of a shell. They are imported when
they are first used, so that `import sktools` is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sktools.errors import SktoolsError
    from sktools.pipeline.evaluate import evaluate
    from sktools.pipeline.measure import ParityError
    from sktools.pipeline.results import compare
    from sktools.pipeline.run import build_fw, run
    from sktools.profiling.bundle import load_bundle

__version__ = "0.1.0"

__all__ = ["ParityError", "SktoolsError", "__version__", "build_fw", "compare", "evaluate", "load_bundle", "run"]

_HOMES = {
    "ParityError": "sktools.pipeline.measure",
    "SktoolsError": "sktools.errors",
    "build_fw": "sktools.pipeline.run",
    "compare": "sktools.pipeline.results",
    "evaluate": "sktools.pipeline.evaluate",
    "load_bundle": "sktools.profiling.bundle",
    "run": "sktools.pipeline.run",
}
"""Name -> the module that defines it. `sktools.build` stays the package: the function is named after `build-fw`."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sktools' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
