"""`sktools.check`: whether a model would be compiled, with which kernels, and what it needs at least. No toolchain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sktools.boards.board import Board
from sktools.build.memory_map import Content, check_fit, find_region
from sktools.compiler.choice import chooser
from sktools.compiler.compile import compile_with
from sktools.compiler.costs import cost_key
from sktools.errors import BuildError, ModelError


@dataclass(frozen=True)
class CheckedLayer:
    """cycles: model cycles of its step as measured, None if its shape was never measured or another layer owns them."""

    index: int
    name: str
    op: str
    kernel: str
    macs: int
    cycles: int | None


@dataclass(frozen=True)
class Check:
    """error: "" if the model is accepted and fits, else why not; hint: what to change.

    arena_bytes: all RAM that kernels write. ram_bytes: with the input and the output. flash_bytes: constants. Both
    leave out what runtime and code need (some 20 KB of flash), so an image needs more. cycles: of one inference, None
    unless each step was measured; unmeasured: steps without a measurement.
    """

    error: str
    hint: str
    layers: tuple[CheckedLayer, ...] = ()
    macs: int = 0
    cycles: int | None = None
    unmeasured: int = 0
    arena_bytes: int = 0
    ram_bytes: int = 0
    flash_bytes: int = 0
    notes: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return not self.error

    def document(self) -> dict[str, Any]:
        return {"accepted": self.accepted, **asdict(self)}


def check_model(tflite: bytes, board: Board, optimize: str, costs: Mapping[str, int]) -> Check:
    """Goes the compiler's way to its end and prints nothing to disk. A refusal is the result, not an error."""
    try:
        compiled, steps = compile_with(
            tflite, "model", chooser(optimize, costs), fuse=optimize != "none", optimize=optimize
        )
    except ModelError as error:
        return Check(error.message, error.hint)
    cycles = [costs.get(cost_key(step.call)) for step in steps]
    known = [cost for cost in cycles if cost is not None]
    layers = tuple(
        CheckedLayer(
            layer.index,
            layer.name,
            layer.op,
            layer.kernel,
            layer.macs,
            cycles[layer.step] if layer.cost_owner else None,
        )
        for layer in compiled.layers
    )
    ram = compiled.plan.arena_bytes + compiled.input.elements + compiled.output.elements
    why, hint = "", ""
    try:
        _check_memory(board, compiled.model_bytes, ram)
    except BuildError as error:
        why, hint = error.message, error.hint
    return Check(
        error=why,
        hint=hint,
        layers=layers,
        macs=sum(layer.macs for layer in layers),
        cycles=sum(known) if len(known) == len(cycles) else None,
        unmeasured=len(cycles) - len(known),
        arena_bytes=compiled.plan.written_bytes,
        ram_bytes=ram,
        flash_bytes=compiled.model_bytes,
        notes=compiled.notes,
    )


def _check_memory(board: Board, flash: int, ram: int) -> None:
    """Raises BuildError if constants or activations alone are too large; a board without memories has room for all."""
    if not board.memory:
        return
    contents = [
        Content(what, size, find_region(board.memory, None, kind, board.name).name)
        for what, size, kind in (("weights", flash, "model"), ("arena, input and output", ram, "arena"))
    ]
    check_fit(board.memory, contents, board.name)
