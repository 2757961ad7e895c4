"""SLAMSS, the comparison network: three convolutions, an LSTM encoder and decoder, attention over the encoder's states.

After Song et al., PLoS ONE 18(5), e0285703 (2023): 12 epochs of activity, heart rate and its standard deviation in, 12
stages out. The paper does not tell its attention in full: this is the dot product of decoder and encoder states.
Features and classes are those of the zoo's nights, so both are trained and scored on the same epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sktools.features.frames import NO_CLASS, Night
from sktools.metrics.slamss import EPOCHS, FILTERS, INPUTS, KERNEL, UNITS
from sktools.model_config import ModelConfig
from sktools.training.batches import class_weights, dataset_shares

if TYPE_CHECKING:
    import keras

FEATURES = ("mov_mu", "hr_bpm", "hrv_td_sd_nn")
"""Columns of FS-W-PA-14 that stand for INPUTS."""

LEARNING_RATE = 1e-3
CLIP_NORM = 1.0


def build_slamss(classes: int, seed: int) -> keras.Model:
    """float32 [batch, 12, 3] -> logits [batch, 12, classes]."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((EPOCHS, len(INPUTS)), name="window")
    x = inputs
    for index in range(3):
        x = layers.Conv1D(FILTERS, KERNEL, padding="same", activation="relu", name=f"conv_{index + 1}")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    encoded = layers.LSTM(UNITS, return_sequences=True, name="lstm_1")(x)
    decoded = layers.LSTM(UNITS, return_sequences=True, name="lstm_2")(encoded)
    context = layers.Attention(name="attention")([decoded, encoded])
    x = layers.Concatenate(name="joined")([decoded, context])
    return keras.Model(inputs, layers.Dense(classes, name="logits")(x), name="slamss")


def columns(names: Sequence[str]) -> list[int]:
    """Indices of FEATURES in a feature set."""
    return [list(names).index(name) for name in FEATURES]


def train_slamss(
    nights: Sequence[Night],
    names: Sequence[str],
    config: ModelConfig,
    steps: int,
    batch: int,
    on_step: Callable[[int, float], None] | None = None,
) -> keras.Model:
    """A network trained on random windows, data sets and classes weighted as the zoo's model of that configuration is.

    names: of the nights' features. batch: windows a step. on_step: told the step from 1 and its loss.
    The activity is left out of a window as often as `training.heart_rate_only` says: many watches' nights lack it.
    """
    import keras
    import tensorflow as tf

    seed, recipe = config.training.seed, config.training
    model = build_slamss(config.network.classes, seed)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    optimizer = keras.optimizers.Adam(rate, clipnorm=CLIP_NORM)
    optimizer.build(model.trainable_variables)
    weights = class_weights(nights, config)
    sets = sorted({night.dataset for night in nights})
    parts = [[night for night in nights if night.dataset == name] for name in sets]
    shares = dataset_shares(sets, recipe.dataset_weights)
    chosen = columns(names)
    generator = np.random.default_rng([seed, 11])

    def step(windows: Any, labels: Any, weight: Any) -> Any:
        with tf.GradientTape() as tape:
            terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(windows, training=True))
            loss = tf.reduce_sum(weight * terms) / tf.maximum(tf.reduce_sum(weight), 1.0)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    graph = tf.function(step)
    for number in range(steps):
        windows = np.zeros((batch, EPOCHS, len(INPUTS)), np.float32)
        labels = np.full((batch, EPOCHS), NO_CLASS, np.int64)
        for row in range(batch):
            part = parts[int(generator.choice(len(parts), p=shares))]
            night = part[int(generator.integers(len(part)))]
            start = int(generator.integers(0, max(1, len(night.labels) - EPOCHS + 1)))
            found = night.features[start : start + EPOCHS, chosen]
            windows[row, : len(found)] = found
            labels[row, : len(found)] = night.labels[start : start + EPOCHS]
            if generator.random() < recipe.heart_rate_only:
                windows[row, :, 0] = 0.0
        target = np.maximum(labels, 0)
        loss = graph(windows, target, np.where(labels != NO_CLASS, weights[target], 0).astype(np.float32))
        if on_step is not None:
            on_step(number + 1, float(loss))
    return model


def slamss_logits(model: keras.Model, frames: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """Logits [n, epochs, classes] of frames [n, epochs, features] by windows that follow each other: every epoch once.

    epochs: a multiple of 12.
    """
    count, epochs, _ = frames.shape
    windows = frames[:, :, columns(names)].reshape(-1, EPOCHS, len(INPUTS))
    logits = np.asarray(model.predict(windows, batch_size=256, verbose=0), np.float32)
    return logits.reshape(count, epochs, -1)
