"""What an image's flash is made of: the constants of each layer, the code of each kernel, and all else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from sktools.build.elf import ImageSizes
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.emit import identifier_of


@dataclass(frozen=True)
class Share:
    """kind: weights (of a layer), kernel (a file of kernels), model (its steps and layer table), runtime (the rest of
    the named symbols) or other (literals, strings, start-up, padding). bytes: of flash."""

    kind: str
    name: str
    bytes: int


def flash_shares(model: CompiledModel, sizes: ImageSizes) -> tuple[Share, ...]:
    """Every byte of flash once, largest first within a kind; they add up to sizes.flash_bytes."""
    flash = {section.name for section in sizes.sections if section.flash_bytes}
    prefixes = sorted(((f"{identifier_of(layer.name)}_", layer.name) for layer in model.layers), reverse=True)
    kernels = {PurePosixPath(name).name for name in model.kernels}
    totals: Counter[tuple[str, str]] = Counter()
    for symbol in sizes.symbols:
        if symbol.section not in flash:
            continue
        layer = next((name for prefix, name in prefixes if symbol.name.startswith(prefix)), None)
        if symbol.kind == "object" and layer is not None:
            totals["weights", layer] += symbol.bytes
        elif symbol.source in kernels:
            totals["kernel", symbol.source] += symbol.bytes
        elif symbol.source == "model.c" or symbol.name == "sk_model":
            totals["model", "steps and layer table"] += symbol.bytes
        else:
            totals["runtime", symbol.source or "library"] += symbol.bytes
    named = sum(totals.values())
    totals["other", "strings, literals, start-up, padding"] = sizes.flash_bytes - named
    order = ("weights", "kernel", "model", "runtime", "other")
    rows = [Share(kind, name, size) for (kind, name), size in totals.items()]
    return tuple(sorted(rows, key=lambda share: (order.index(share.kind), -share.bytes, share.name)))
