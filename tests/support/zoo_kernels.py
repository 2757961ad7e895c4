"""The C of the zoo's four networks, compiled in this process: which kernel each step calls, and the text's SHA-256.

python -m tests.support.zoo_kernels [SEED]     (JSON; with a SEED, modules are found in a random order)
"""

from __future__ import annotations

import hashlib
import json
import pkgutil
import random
import sys
from collections.abc import Iterator, Mapping
from typing import Any

MODELS = ("ss-2", "ss-3", "ss-4", "ss-5")


def shuffle_modules(seed: int) -> None:
    """Makes each package that imports all its modules do so in a random order. Call it before the compiler's import."""
    found = pkgutil.iter_modules

    def shuffled(*arguments: Any, **options: Any) -> Iterator[pkgutil.ModuleInfo]:
        modules = list(found(*arguments, **options))
        random.Random(seed).shuffle(modules)
        return iter(modules)

    pkgutil.iter_modules = shuffled


def zoo_kernels() -> dict[str, list[str]]:
    """By model and costs: each step's kernel, in order, then the digest of the C."""
    from sktools.compiler import compile_model
    from sktools.zoo import resolve

    tables: dict[str, Mapping[str, int] | None] = {"no costs": {}, "shipped costs": None}
    result = {}
    for model in MODELS:
        tflite = resolve(model).tflite.read_bytes()
        for label, costs in tables.items():
            compiled = compile_model(tflite, name=model, costs=costs)
            digest = hashlib.sha256("".join(text for _, text in sorted(compiled.sources.items())).encode())
            kernels = [layer.kernel for layer in compiled.layers if layer.kernel]
            result[f"{model}, {label}"] = [*kernels, digest.hexdigest()]
    return result


def main() -> None:
    if len(sys.argv) > 1:
        shuffle_modules(int(sys.argv[1]))
    result = zoo_kernels()
    prefix = "sktools.compiler.kernels.fast."
    order = [name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix)]
    print(json.dumps({"package": sys.modules["sktools"].__file__, "order": order, "kernels": result}))


if __name__ == "__main__":
    main()
