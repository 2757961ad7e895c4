"""The SS-N-TCN-SM networks in Keras 3. Imports TensorFlow inside its functions only.

Source of the architecture: the sleepKIT model page ("Sleep Stage Models") and its layer table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sktools.errors import UsageError
from sktools.model_config import NetworkConfig
from sktools.strict_yaml import suggest

if TYPE_CHECKING:
    import keras

Builder = Callable[[NetworkConfig, str], "keras.Model"]
NORM_MOMENTUM = 0.95
"""Of the running statistics: a recipe of a few thousand steps is short for the usual 0.99."""

_BUILDERS: dict[str, Builder] = {}


def network(kind: str) -> Callable[[Builder], Builder]:
    """Register the builder of a network kind (`network.kind` of config.yaml)."""

    def register(builder: Builder) -> Builder:
        _BUILDERS[kind] = builder
        return builder

    return register


def build_network(config: NetworkConfig, name: str = "network", seed: int | None = None) -> keras.Model:
    """The Keras model of a network configuration: float32 [batch, epochs, features] -> logits [batch, epochs, classes].

    seed: makes the initial weights reproducible.
    Raises UsageError for an unknown kind.
    """
    import keras

    if config.kind not in _BUILDERS:
        raise UsageError(f"network kind '{config.kind}' is unknown; {suggest(config.kind, _BUILDERS)}")
    if seed is not None:
        keras.utils.set_random_seed(seed)
    return _BUILDERS[config.kind](config, name)


@network("tcn-sm")
def build_tcn_sm(config: NetworkConfig, name: str) -> keras.Model:
    """ENC, blocks and DEC as 1xk convolutions over [1, epochs, C], 'same' padding.

    Layers are named BLOCK_part (ENC_dw, B1.1_se_reduce, B1.1_pw, DEC_conv), so that the block of a .tflite operator
    can be read from its tensor's name.
    """
    import keras
    from keras import layers

    def regularizer() -> Any:
        return keras.regularizers.L2(config.l2) if config.l2 else None

    def depthwise(x: Any, block: str, dilation: int) -> Any:
        x = layers.DepthwiseConv2D(
            (1, config.kernel),
            padding="same",
            use_bias=False,
            dilation_rate=(1, dilation),
            depthwise_initializer="he_normal",
            depthwise_regularizer=regularizer(),
            name=f"{block}_dw",
        )(x)
        return layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{block}_dw_norm")(x)

    def pointwise(x: Any, filters: int, label: str, use_bias: bool) -> Any:
        return layers.Conv2D(
            filters,
            1,
            use_bias=use_bias,
            kernel_initializer="he_normal",
            kernel_regularizer=regularizer(),
            name=label,
        )(x)

    def squeeze_excite(x: Any, block: str) -> Any:
        channels = x.shape[-1]
        gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{block}_se_mean")(x)
        gate = pointwise(gate, config.squeezed(channels), f"{block}_se_reduce", use_bias=True)
        gate = layers.ReLU(6.0, name=f"{block}_se_relu")(gate)
        gate = pointwise(gate, channels, f"{block}_se_expand", use_bias=True)
        # Hard sigmoid relu6(x + 3) / 6, from layers that load with plain Keras.
        gate = layers.Rescaling(1.0, 3.0, name=f"{block}_se_shift")(gate)
        gate = layers.ReLU(6.0, name=f"{block}_se_clip")(gate)
        gate = layers.Rescaling(1.0 / 6.0, name=f"{block}_se_gate")(gate)
        return layers.Multiply(name=f"{block}_se_scale")([x, gate])

    inputs = keras.Input((config.epochs, config.features), name="features")
    x = layers.Reshape((1, config.epochs, config.features), name="ENC_reshape")(inputs)
    x = depthwise(x, "ENC", dilation=1)
    for index, (filters, depth, dilation) in enumerate(
        zip(config.filters, config.depths, config.dilations, strict=True)
    ):
        entry = x
        for level in range(depth):
            block = f"B{index + 1}.{level + 1}"
            x = depthwise(x, block, dilation)
            x = layers.ReLU(6.0, name=f"{block}_dw_relu")(x)
            if config.squeeze_ratio:
                x = squeeze_excite(x, block)
            x = pointwise(x, filters, f"{block}_pw", use_bias=False)
            x = layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{block}_pw_norm")(x)
            x = layers.ReLU(6.0, name=f"{block}_pw_relu")(x)
        if config.has_skip(index):
            x = layers.Add(name=f"B{index + 1}.{depth}_skip")([x, entry])
        if config.dropout:
            x = layers.SpatialDropout2D(config.dropout, name=f"B{index + 1}_dropout")(x)
    x = layers.Conv2D(
        config.classes,
        (1, config.kernel),
        padding="same",
        kernel_initializer="he_normal",
        kernel_regularizer=regularizer(),
        name="DEC_conv",
    )(x)
    outputs = layers.Reshape((config.epochs, config.classes), name="DEC_logits")(x)
    return keras.Model(inputs, outputs, name=name.replace("-", "_"))


def randomize_norms(model: keras.Model, seed: int) -> None:
    """Give every batch norm non-trivial statistics, so that a network with random weights exercises every range."""
    import keras
    import numpy as np

    generator = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            count = layer.gamma.shape[0]
            layer.set_weights(
                [
                    generator.uniform(0.5, 1.5, count),
                    generator.normal(0, 0.5, count),
                    generator.normal(0, 0.5, count),
                    generator.uniform(0.3, 2.0, count),
                ]
            )
