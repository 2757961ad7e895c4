"""Compiles generated C for the host and runs it step by step through ctypes, without the serial server."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktools.compiler import CompiledModel

FLAGS = ("-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
SANITIZE = ("-fsanitize=undefined", "-fno-sanitize-recover=undefined")


class _Layer(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("block", ctypes.c_char_p),
        ("op", ctypes.c_char_p),
        ("macs", ctypes.c_uint32),
        ("step", ctypes.c_uint16),
        ("output", ctypes.c_void_p),
        ("output_bytes", ctypes.c_uint32),
    )


class _Step(ctypes.Structure):
    _fields_ = (("run", ctypes.CFUNCTYPE(None)), ("layer", ctypes.c_uint16))


class _Model(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("contract", ctypes.c_char_p),
        ("sha256", ctypes.c_uint8 * 32),
        ("input", ctypes.c_void_p),
        ("input_bytes", ctypes.c_uint32),
        ("output", ctypes.c_void_p),
        ("output_bytes", ctypes.c_uint32),
        ("arena", ctypes.c_void_p),
        ("arena_bytes", ctypes.c_uint32),
        ("layer_count", ctypes.c_uint16),
        ("step_count", ctypes.c_uint16),
        ("layers", ctypes.POINTER(_Layer)),
        ("steps", ctypes.POINTER(_Step)),
    )


class NativeModel:
    """The compiled model as a shared library in `folder`; undefined behaviour aborts the process."""

    def __init__(self, compiled: CompiledModel, folder: Path, flags: Sequence[str] = SANITIZE) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in compiled.sources.items():
            (folder / name).write_text(text)
        firmware = Path(str(files("sktools.firmware")))
        kernels = [firmware / "kernels" / name for name in compiled.kernels if name.endswith(".c")]
        library = folder / "model.so"
        subprocess.run(
            [
                "cc",
                *FLAGS,
                *flags,
                f"-I{folder}",
                f"-I{firmware / 'runtime'}",
                f"-I{firmware / 'kernels'}",
                *(str(folder / name) for name in compiled.sources if name.endswith(".c")),
                *map(str, kernels),
                "-o",
                str(library),
            ],
            check=True,
        )
        self.compiled = compiled
        self._library = ctypes.CDLL(str(library))
        self.model = _Model.in_dll(self._library, "sk_model")

    def run(self, frame: NDArray[np.int8]) -> tuple[dict[int, NDArray[np.int8]], NDArray[np.int8]]:
        """frame: int8, the input's shape. Returns activation by layer index (observable ones), and the output."""
        data = np.ascontiguousarray(frame, dtype=np.int8)
        assert data.nbytes == self.model.input_bytes
        ctypes.memmove(self.model.input, data.ctypes.data, data.nbytes)
        activations = {}
        for number in range(self.model.step_count):
            self.model.steps[number].run()
            for layer in self.compiled.layers:
                if layer.step == number and layer.observable:
                    entry = self.model.layers[layer.index]
                    activations[layer.index] = _copy(entry.output, entry.output_bytes).reshape(layer.output.shape)
        return activations, _copy(self.model.output, self.model.output_bytes).reshape(self.compiled.output.shape)


def _copy(address: int, size: int) -> NDArray[np.int8]:
    return np.frombuffer(ctypes.string_at(address, size), dtype=np.int8).copy()
