"""A .tflite on the host by LiteRT's reference kernels, for evaluation without a board and without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import ModelError
from sktools.metrics.quantized import dequantize, quantize


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
    interpreter = _interpreter(content)
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if list(entry["shape"][1:]) != list(frames.shape[1:]):
        raise ModelError(f"the model takes frames of {entry['shape'][1:].tolist()}, given {list(frames.shape[1:])}")
    values = np.zeros((len(frames), *result["shape"][1:]), result["dtype"])
    for index, frame in enumerate(frames):
        interpreter.set_tensor(entry["index"], _into(frame[None], entry))
        interpreter.invoke()
        values[index] = interpreter.get_tensor(result["index"])[0]
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


def _interpreter(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        interpreter = Interpreter(
            model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"the .tflite cannot be run by LiteRT: {str(error).splitlines()[0]}") from error
    for kind, details in (("input", interpreter.get_input_details()), ("output", interpreter.get_output_details())):
        if len(details) != 1 or details[0]["dtype"] not in (np.int8, np.uint8, np.float32):
            raise ModelError(f"the model needs one {kind} of int8, uint8 or float32")
    return interpreter
