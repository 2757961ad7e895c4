"""What to use instead of an operator that is not supported. A supported operator's entry is never shown."""

from __future__ import annotations

from sktools.compiler.graph import Operator

STATIC = "convert with a fixed batch, keras.Input(..., batch_size=1): docs/own-model.md"
_FROZEN = "convert a function whose variables are constants, or a Keras model with a fixed batch: docs/own-model.md"
_RELU = "use ReLU or ReLU6, which cost nothing behind a convolution, MUL or ADD"
_NORM = "use BatchNormalization, which folds into the convolution"
_INT8 = "quantize every operator: tf.lite.OpsSet.TFLITE_BUILTINS_INT8 and a representative data set, docs/own-model.md"
_LOGITS = "end the network at its logits; the host finds the largest"
_POOL = "use a maximum, an average, or a convolution with a stride"
_RECURRENT = "use dilated convolutions, as the zoo's networks do"

_INSTEAD: dict[str, str] = {
    **dict.fromkeys(("LOG_SOFTMAX", "ARG_MAX", "ARG_MIN", "TOPK_V2"), _LOGITS),
    **dict.fromkeys(("GELU", "ELU", "PRELU"), _RELU),
    **dict.fromkeys(("L2_POOL_2D",), _POOL),
    **dict.fromkeys(("SQUARED_DIFFERENCE", "RSQRT", "SQRT", "DIV", "L2_NORMALIZATION"), _NORM),
    **dict.fromkeys(("DEQUANTIZE",), _INT8),
    **dict.fromkeys(("SHAPE", "PACK", "FILL", "BROADCAST_TO"), STATIC),
    **dict.fromkeys(("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"), _FROZEN),
    **dict.fromkeys(("CUSTOM operator",), _INT8),
    **dict.fromkeys(("LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN", "WHILE"), _RECURRENT),
}


def advice(operator: Operator) -> str:
    """One line on what is supported instead of this operator; empty if nothing general can be said."""
    return _INSTEAD.get(operator.op, "")
