"""How large an arena the interpreter needs: it is run once on the virtual board, with room to spare, and asked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sktools.boards.board import load_board
from sktools.build.build import build_firmware
from sktools.build.cache import cache_folder
from sktools.build.shipped import firmware_path
from sktools.build.tflm import LARGEST_ARENA, SOURCES, archive, find_tensorflow, interpreter_model, interpreter_target
from sktools.compiler.compiled import CompiledModel
from sktools.errors import BuildError, LinkError
from sktools.partial import replace_file, temporary_folder

SIZING_BOARD = "virtual"


def tensorflow_version() -> str:
    """The interpreter that is compared with: the one of the board that the virtual board predicts."""
    calibration = load_board(SIZING_BOARD).calibration
    sdk = load_board(calibration.predicts).sdk if calibration else None
    if sdk is None:
        raise BuildError(f"the description of {SIZING_BOARD} names no board with an SDK")
    return sdk.tensorflow


def interpreted(aot: CompiledModel, tflite: bytes, sdk: Path | None) -> CompiledModel:
    """The model as the interpreter runs it, with the arena that it needs to the byte.

    aot: the same .tflite compiled with optimize "none". Raises MissingError without the SDK's interpreter or QEMU,
    ModelError for a model that cannot be run so, BuildError where no arena is large enough.
    """
    tensorflow = find_tensorflow(tensorflow_version(), sdk)
    asked = interpreter_model(aot, tflite, LARGEST_ARENA, find_smallest=True)
    parts = [archive(tensorflow).read_bytes(), *(firmware_path(source).read_bytes() for source in SOURCES)]
    parts += [text.encode() for _, text in sorted(asked.sources.items())]
    key = hashlib.sha256(b"".join(parts)).hexdigest()
    known = cache_folder() / "interpreter-arenas" / f"{key[:24]}.json"
    size = _read(known)
    if size is None:
        size = _measure(asked, tflite, tensorflow)
        replace_file(known, json.dumps({"arena_bytes": size, "sha256": aot.sha256}).encode())
    return interpreter_model(aot, tflite, size)


def _read(path: Path) -> int | None:
    try:
        return int(json.loads(path.read_text())["arena_bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _measure(model: CompiledModel, tflite: bytes, tensorflow: Path) -> int:
    from sktools.boards.driver import driver_for

    board = load_board(SIZING_BOARD)
    with temporary_folder() as folder:
        build = build_firmware(model, interpreter_target(board.target, tensorflow), tflite, folder / "sizing")
        try:
            with driver_for(board).open(build) as session:
                return session.client.hello().arena_bytes
        except LinkError as error:
            raise BuildError(
                f"the interpreter does not take the model with an arena of {LARGEST_ARENA:,} bytes: {error.message}",
                "--engine aot",
            ) from error
