"""What to write instead of an operator that has no kernel."""

from __future__ import annotations

from sktools.compiler.graph import Operator

_STATIC = "convert with a fixed batch, keras.Input(..., batch_size=1): docs/own-model.md"
_FROZEN = "convert a function whose variables are constants, or a Keras model with a fixed batch: docs/own-model.md"
_RELU = "take ReLU or ReLU6, which cost nothing behind a convolution, MUL or ADD"
_NORM = "take BatchNormalization, which folds into the convolution"
_INT8 = "quantize every operator: tf.lite.OpsSet.TFLITE_BUILTINS_INT8 and a representative data set, docs/own-model.md"
_LOGITS = "end the network at its logits; the host takes their largest"
_POOL = "take a convolution with a stride, or a global average (MEAN)"
_RECURRENT = "take dilated convolutions, as the zoo's networks have them"

_INSTEAD: dict[str, str] = {
    **dict.fromkeys(("SOFTMAX", "LOG_SOFTMAX", "ARG_MAX", "ARG_MIN", "TOPK_V2"), _LOGITS),
    **dict.fromkeys(("LOGISTIC",), "take a gate of ReLU(6.0)(x + 3.0) * (1 / 6), which becomes ADD and MUL"),
    **dict.fromkeys(("HARD_SWISH", "GELU", "ELU", "LEAKY_RELU", "PRELU", "TANH"), _RELU),
    **dict.fromkeys(("RELU", "RELU6", "RELU_N1_TO_1"), "put the ReLU right behind a convolution, MUL or ADD"),
    **dict.fromkeys(("MAX_POOL_2D", "AVERAGE_POOL_2D", "L2_POOL_2D"), _POOL),
    **dict.fromkeys(("SQUARED_DIFFERENCE", "RSQRT", "SQRT", "DIV", "L2_NORMALIZATION"), _NORM),
    **dict.fromkeys(
        ("QUANTIZE",), "take one scale on both of its sides; at the model's input and output it is supported"
    ),
    **dict.fromkeys(("DEQUANTIZE",), _INT8),
    **dict.fromkeys(("CONCATENATION",), "take an ADD of branches of one width"),
    **dict.fromkeys(("SHAPE", "STRIDED_SLICE", "PACK", "FILL", "BROADCAST_TO"), _STATIC),
    **dict.fromkeys(("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"), _FROZEN),
    **dict.fromkeys(("CUSTOM operator",), _INT8),
    **dict.fromkeys(("LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN", "WHILE"), _RECURRENT),
}


def advice(operator: Operator) -> str:
    """One line on what is supported in this operator's place; empty where nothing general can be said."""
    return _INSTEAD.get(operator.op, "")
