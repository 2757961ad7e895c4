"""The fake model built once a test process and board."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from sktools.boards.board import load_board
from sktools.build.build import Build, build_firmware
from sktools.compiler.compiled import CompiledModel
from tests.support.fake_model import TFLITE, fake_model

_root = tempfile.TemporaryDirectory(prefix="sktools-tests-")  # removed when the process ends


def build_for(board: str, name: str, model: CompiledModel, *, debug: bool = False) -> Build:
    """`model` built for `board` in a folder called `name`."""
    return build_firmware(model, load_board(board).target, TFLITE, Path(_root.name) / f"{name}-{board}", debug=debug)


@functools.cache
def fake_build(board: str) -> Build:
    """The fake model for a board. Needs its compiler."""
    return build_for(board, "fake", fake_model())
