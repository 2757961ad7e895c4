"""Marks for tests that need a program which is not everywhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sktools.boards.arena_size import tensorflow_version
from sktools.build.tflm import archive

needs_arm_gcc = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None or shutil.which("make") is None,
    reason="arm-none-eabi-gcc or make is not installed",
)
needs_qemu = pytest.mark.skipif(
    shutil.which("qemu-system-arm") is None or shutil.which("arm-none-eabi-gcc") is None,
    reason="qemu-system-arm or arm-none-eabi-gcc is not installed",
)
needs_cc = pytest.mark.skipif(
    shutil.which("cc") is None or shutil.which("make") is None, reason="cc or make is not installed"
)

SDK = os.environ.get("NEURALSPOT_ROOT")
needs_interpreter = pytest.mark.skipif(
    SDK is None or not archive(Path(SDK) / "extern" / "tensorflow" / tensorflow_version()).is_file(),
    reason="NEURALSPOT_ROOT names no neuralSPOT with the interpreter's archive",
)
