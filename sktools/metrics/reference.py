"""A .tflite on the host by LiteRT's reference kernels, for evaluation without a board and without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import ModelError
from sktools.metrics.quantized import dequantize, quantize


def reference_logits(
    content: bytes, frames: NDArray[np.float32], progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Logits [n, epochs, classes] of normalised frames [n, epochs, features], int8, uint8 or float32 models alike.

    progress: called with (frames done, frames in all).
    Raises ModelError where the file cannot be run or takes frames of another shape.
    """
    interpreter = _interpreter(content)
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if list(entry["shape"][1:]) != list(frames.shape[1:]):
        raise ModelError(f"the model takes frames of {entry['shape'][1:].tolist()}, given {list(frames.shape[1:])}")
    logits = np.zeros((len(frames), *result["shape"][1:]), np.float32)
    for index, frame in enumerate(frames):
        interpreter.set_tensor(entry["index"], _into(frame[None], entry))
        interpreter.invoke()
        output = interpreter.get_tensor(result["index"])
        logits[index] = output[0] if output.dtype == np.float32 else dequantize(output, *result["quantization"])[0]
        if progress is not None:
            progress(index + 1, len(frames))
    return logits


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
