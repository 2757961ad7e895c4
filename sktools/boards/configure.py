"""Options of an image that only some boards have: its clock, its serial rate, and which memory holds what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sktools.boards.arena_size import interpreted, tensorflow_version
from sktools.boards.board import Board
from sktools.build import tflm
from sktools.build.build import Build, build_firmware
from sktools.build.memory_map import find_region
from sktools.build.neuralspot import SdkTarget, build_application
from sktools.compiler.compiled import CompiledModel
from sktools.errors import BuildError, UsageError

AOT = "aot"
ENGINES = (AOT, tflm.ENGINE)
"""Generated C, and the interpreter of the user's SDK."""
SLOWEST_BAUD, FASTEST_BAUD = 1_200, 4_000_000
HERTZ_PER_MEGAHERTZ = 1_000_000


@dataclass(frozen=True)
class ImageOptions:
    """None: the board's own.

    clock_mhz: CPU clock. baud: serial rate. arena_location, model_location: names of memories.
    max_arena_bytes: the arena may not take more. sdk: the user's checkout of the board's SDK.
    """

    clock_mhz: int | None = None
    baud: int | None = None
    arena_location: str | None = None
    model_location: str | None = None
    max_arena_bytes: int | None = None
    sdk: Path | None = None


def clock_of(board: Board, text: str) -> int | None:
    """MHz of a clock as a user writes it: a number, hp (the board's fastest), lp (its slowest), or auto (None).

    Raises UsageError for anything else.
    """
    pick = {"hp": max, "lp": min}.get(text.lower())
    if text.lower() == "auto":
        return None
    if pick and board.clocks_hz:
        return pick(board.clocks_hz) // HERTZ_PER_MEGAHERTZ
    if not text.isdigit():
        raise UsageError(
            f"'{text}' is no clock: a number of MHz, hp, lp or auto", f"sktools list boards ({board.name})"
        )
    return int(text)


def configured(board: Board, options: ImageOptions) -> Board:
    """The board at the clock and serial rate that were asked for.

    Raises UsageError for a clock that the chip does not have, or a rate that is none.
    """
    changed = board
    if options.clock_mhz is not None:
        clock = options.clock_mhz * HERTZ_PER_MEGAHERTZ
        if clock not in board.clocks_hz:
            known = ", ".join(str(hertz // HERTZ_PER_MEGAHERTZ) for hertz in board.clocks_hz) or "none that can be set"
            raise UsageError(f"board {board.name} has no clock of {options.clock_mhz} MHz; it has {known}")
        changed = replace(changed, clocks_hz=(clock, *(hertz for hertz in board.clocks_hz if hertz != clock)))
    if options.baud is not None and board.serial is not None:
        if not SLOWEST_BAUD <= options.baud <= FASTEST_BAUD:
            raise UsageError(
                f"a serial line has no rate of {options.baud}; {SLOWEST_BAUD:,} to {FASTEST_BAUD:,} baud are possible"
            )
        changed = replace(changed, serial=replace(board.serial, baud=options.baud))
    return changed


def sdk_target(board: Board, options: ImageOptions) -> SdkTarget:
    """What the SDK's build is to make for this board.

    Raises UsageError for a clock or a memory that the board lacks, or a board without an SDK.
    """
    board = configured(board, options)
    if board.sdk is None or board.serial is None or board.clock_hz is None:
        raise UsageError(f"board {board.name} is not built with an SDK", "sktools list boards")
    return SdkTarget(
        board=board.name,
        title=board.title,
        sdk=board.sdk,
        clock_hz=board.clock_hz,
        low_power=board.clock_hz != max(board.clocks_hz),
        baud=board.serial.baud,
        memory=board.memory,
        arena=find_region(board.memory, options.arena_location, "arena", board.name),
        model=find_region(board.memory, options.model_location, "model", board.name),
    )


def build_image(
    model: CompiledModel,
    board: Board,
    tflite: bytes,
    folder: Path | None = None,
    options: ImageOptions | None = None,
    engine: str = AOT,
) -> Build:
    """Builds the image of any board, with plain make or with its SDK.

    model: what the compiler made of `tflite`; with "none" for the engine tflm, whose own model is made here.
    folder: see build_firmware.
    Raises UsageError for an option that this board does not have, MissingError for a missing compiler or SDK (the
    project is rendered all the same), BuildError where the model does not fit, compile or link.
    """
    options = options or ImageOptions()
    if engine == tflm.ENGINE:
        if board.sdk is None:
            tflm.interpreter_sources(board.target.sources, quiet=True)  # refused before anything is tried
        model = interpreted(model, tflite, options.sdk)
    check_arena(model, options.max_arena_bytes)
    if board.sdk is not None:
        target = replace(sdk_target(board, options), engine=engine)
        return build_application(model, target, tflite, folder, sdk=options.sdk)
    for name, location in (("--arena-location", options.arena_location), ("--model-location", options.model_location)):
        if location is not None:
            raise UsageError(
                f"{name} {location}: board {board.name} leaves that to its linker script",
                "--board apollo4p_evb; sktools list boards shows the memories of each",
            )
    if engine == tflm.ENGINE:
        plain = tflm.interpreter_target(board.target, tflm.find_tensorflow(tensorflow_version(), options.sdk))
        return build_firmware(model, plain, tflite, folder)
    return build_firmware(model, board.target, tflite, folder)


def check_arena(model: CompiledModel, most: int | None) -> None:
    """Raises BuildError where the arena that results report takes more than `most` bytes, with the figures of the plan.

    That is all RAM that kernels write: the planned array, and what they keep on the stack.
    """
    plan = model.plan
    if most is None or plan.written_bytes <= most:
        return
    largest = sorted(plan.buffers, key=lambda buffer: -buffer.size)[:3]
    named = ", ".join(f"{b.name} {b.size:,} (steps {b.first_step} to {b.last_step})" for b in largest)
    raise BuildError(
        f"the arena takes {plan.written_bytes:,} bytes, {plan.written_bytes - plan.arena_bytes:,} of them on the "
        f"kernels' stack; {most:,} are allowed; the buffers of this order of steps need at least {plan.lower_bound:,}"
        + (f"; the largest: {named}" if named else ""),
        {"none": "--optimize balanced", tflm.ENGINE: "--engine aot"}.get(
            model.optimize, "a larger --max-arena-size, or fewer channels where the largest buffers live"
        ),
    )
