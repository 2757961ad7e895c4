"""Keras -> .tflite at a fixed batch of 1: full int8, and float with the same operators for per-layer comparison."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sktools.errors import ModelError

if TYPE_CHECKING:
    import keras

FORBIDDEN = ("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "QUANTIZE", "DEQUANTIZE", "SHAPE", "STRIDED_SLICE", "PACK")
"""Operators that show a conversion gone wrong: a dynamic batch (dilation as space-to-batch, shapes at run time),
or a layer left in float."""

TEMPORARY_BYTES = 32 << 20
"""More than the converter writes to temporary files."""


def to_int8(model: keras.Model, representative: NDArray[np.float32]) -> bytes:
    """Full int8 .tflite, int8 input [1, epochs, features] and output [1, epochs, classes].

    representative: normalised frames [n, epochs, features] that the activation ranges are taken from.
    Raises ModelError where the representative frames do not fit or the converted operators are not pure int8.
    """
    import tensorflow as tf

    expected = tuple(model.input_shape[1:])
    if representative.ndim != 3 or representative.shape[1:] != expected or len(representative) == 0:
        raise ModelError(
            f"representative frames have shape {list(representative.shape)}, "
            f"the network needs [n, {expected[0]}, {expected[1]}], n >= 1"
        )
    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([frame[None]] for frame in representative.astype(np.float32))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    content = _convert(converter)
    check_operators(content)
    return content


def to_float(model: keras.Model) -> bytes:
    """Float32 .tflite of the same network: the same operators in the same order, with the same tensor names."""
    content = _convert(_converter(model))
    check_operators(content)
    return content


def operator_names(content: bytes) -> tuple[str, ...]:
    """Operators of a .tflite's main graph in execution order, such as ('RESHAPE', 'DEPTHWISE_CONV_2D', ...)."""
    import tflite

    graph = _main_graph(content)
    names = {value: name for name, value in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
    model = tflite.Model.GetRootAs(content, 0)
    found = []
    for index in range(graph.OperatorsLength()):
        code = model.OperatorCodes(graph.Operators(index).OpcodeIndex())
        found.append(names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())])
    return tuple(found)


def check_operators(content: bytes) -> Mapping[str, int]:
    """Operators of a .tflite with their counts.

    Raises ModelError where an operator shows a conversion trap (see FORBIDDEN) or the batch is not 1.
    """
    counts = Counter(operator_names(content))
    trapped = [f"{counts[name]} {name}" for name in FORBIDDEN if counts[name]]
    if trapped:
        raise ModelError(
            f"the conversion left {', '.join(trapped)}: a dynamic batch or a layer that has no int8 form",
            "convert at a fixed batch of 1",
        )
    graph = _main_graph(content)
    shape = graph.Tensors(graph.Inputs(0)).ShapeAsNumpy().tolist()
    signature = graph.Tensors(graph.Inputs(0)).ShapeSignatureLength()
    if shape[0] != 1 or (signature and graph.Tensors(graph.Inputs(0)).ShapeSignature(0) != 1):
        raise ModelError(f"the converted input has shape {shape}, expected a fixed batch of 1")
    return dict(counts)


def _main_graph(content: bytes) -> tflite.SubGraph:  # type: ignore[name-defined]  # noqa: F821
    import tflite

    graph = tflite.Model.GetRootAs(content, 0).Subgraphs(0)
    if graph is None:
        raise ModelError("the .tflite holds no graph")
    return graph


def _convert(converter: tf.lite.TFLiteConverter) -> bytes:  # type: ignore[name-defined]  # noqa: F821
    """Raises OSError where the disk of the temporary files is full."""
    # The exporter prints its signature to stdout, which belongs to results.
    # Calibration ranges are given by the representative frames; the warning about missing statistics is idle.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
        try:
            content: bytes = converter.convert()
        except Exception as error:
            # The converter passes over a disk that is full, and trips later over what it could not write there.
            folder = tempfile.gettempdir()
            if shutil.disk_usage(folder).free < TEMPORARY_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder) from error
            raise
    return content


def _converter(model: keras.Model) -> tf.lite.TFLiteConverter:  # type: ignore[name-defined]  # noqa: F821
    import keras
    import tensorflow as tf

    # The batch is fixed in the graph: a dynamic one turns dilated convolutions into space-to-batch.
    inputs = keras.Input(batch_shape=(1, *model.input_shape[1:]), name="features")
    return tf.lite.TFLiteConverter.from_keras_model(keras.Model(inputs, model(inputs), name=model.name))
