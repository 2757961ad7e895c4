"""A .tflite on the host by LiteRT's reference kernels, for evaluation without a board and without TensorFlow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import MissingError, ModelError
from sktools.metrics.quantized import dequantize, quantize
from sktools.reference_process import reference_process


@dataclass(frozen=True)
class Outputs:
    """What a model made of frames.

    values: [n, epochs, classes], int8, uint8 or float32; real = scale * (q - zero_point) if they are integers.
    """

    values: NDArray[Any]
    scale: float = 1.0
    zero_point: int = 0

    @property
    def quantized(self) -> bool:
        return not np.issubdtype(self.values.dtype, np.floating)

    def logits(self) -> NDArray[np.float32]:
        """Real values, float32, same shape."""
        return dequantize(self.values, self.scale, self.zero_point) if self.quantized else self.values


def reference_outputs(
    content: bytes, frames: NDArray[np.float32], progress: Callable[[int, int], None] | None = None
) -> Outputs:
    """The outputs for normalised frames [n, epochs, features] of int8, uint8 and float32 models alike.

    progress: called with (frames done, frames in all).
    Raises ModelError where the file cannot be run or takes frames of another shape.
    """
    network = _Network(content)
    entry, result = network.entry, network.result
    if list(entry["shape"][1:]) != list(frames.shape[1:]):
        raise ModelError(f"the model takes frames of {entry['shape'][1:].tolist()}, given {list(frames.shape[1:])}")
    values = np.zeros((len(frames), *result["shape"][1:]), result["dtype"])
    for index, frame in enumerate(frames):
        values[index] = network.run(_into(frame[None], entry))[0]
        if progress is not None:
            progress(index + 1, len(frames))
    scale, zero_point = result["quantization"]
    return Outputs(values, float(scale), int(zero_point))


def reference_logits(
    content: bytes, frames: NDArray[np.float32], progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Logits [n, epochs, classes] of normalised frames [n, epochs, features]; see reference_outputs."""
    return reference_outputs(content, frames, progress).logits()


def _into(frame: NDArray[np.float32], entry: Any) -> NDArray[Any]:
    if entry["dtype"] == np.float32:
        return frame
    scale, zero_point = entry["quantization"]
    offset = 128 if entry["dtype"] == np.uint8 else 0
    return (quantize(frame, scale, zero_point - offset).astype(np.int16) + offset).astype(entry["dtype"])


class _Network:
    """A .tflite in the process of the reference kernels. entry, result: its input and output (reference_child.py)."""

    def __init__(self, content: bytes) -> None:
        self._segments = ({"runtime": "litert", "content": content, "arena": 0, "inputs": None, "outputs": None},)
        self._key = f"whole {hashlib.sha256(content).hexdigest()}"
        inputs, outputs = self._load()
        for kind, edges in (("input", inputs), ("output", outputs)):
            if len(edges) != 1 or edges[0]["dtype"] not in (np.int8, np.uint8, np.float32):
                raise ModelError(f"the model needs one {kind} of int8, uint8 or float32")
        self.entry, self.result = inputs[0], outputs[0]

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        request = ("run", self._key, {self.entry["index"]: frame})
        answer = reference_process().ask(request)
        if answer[0] == "unknown":  # other models took its place
            self._load()
            answer = reference_process().ask(request)
        if answer[0] != "ran":
            raise ModelError(f"the .tflite cannot be run by LiteRT: {answer[1]}")
        found: NDArray[Any] = answer[1][self.result["index"]]
        return found

    def _load(self) -> tuple[list[Any], list[Any]]:
        answer = reference_process().ask(("load", self._key, self._segments))
        if answer[0] == "missing":
            raise MissingError("evaluation needs ai-edge-litert, which is not installed", "pip install ai-edge-litert")
        if answer[0] != "loaded":
            raise ModelError(f"the .tflite cannot be run by LiteRT: {answer[1]}")
        inputs, outputs = ([edge | {"dtype": np.dtype(edge["dtype"]).type} for edge in edges] for edges in answer[1])
        return inputs, outputs
