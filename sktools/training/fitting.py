"""The training loop: focal cross-entropy, Adam with one cosine cycle, validation by subject, checkpoints."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError
from sktools.metrics.classification import cohen_kappa, confusion_matrix
from sktools.model_config import TrainingConfig
from sktools.partial import replace_file
from sktools.training.batches import Sampler

if TYPE_CHECKING:
    import keras

History = list[dict[str, float]]


@dataclass(frozen=True)
class ValidationSet:
    """Frames of one data set's validation subjects: [n, epochs, features], [n, epochs] and [n, epochs]."""

    dataset: str
    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    mask: NDArray[np.bool_]


def cosine_rate(recipe: TrainingConfig, step: int) -> float:
    """Learning rate of a step of the one cosine cycle, from learning_rate down to 0."""
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * step / (recipe.epochs * recipe.steps)))


def fit(
    model: keras.Model,
    recipe: TrainingConfig,
    sampler: Sampler,
    validation: list[ValidationSet],
    checkpoint: Path,
    digest: str,
    resume: bool = False,
    on_epoch: Callable[[int, dict[str, float]], None] | None = None,
) -> History:
    """Train a model in place; it ends with the weights of the best validation kappa (mean over the data sets),
    or with the last ones where there is no validation set. The running average of the weights is judged and kept.

    checkpoint: file that the whole state is written to every `checkpoint_every` epochs.
    digest: of everything that shapes the run; with resume, a checkpoint of the same digest is gone on with.
    on_epoch: told the epoch's number from 1 and its figures (loss, learning_rate, kappa_<data set>, kappa).
    Raises DataError where the checkpoint is of another run or damaged.
    """
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    optimizer.build(model.trainable_variables)

    def step(features: Any, labels: Any, weights: Any, taught: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(features, training=True)
            loss = focal_loss(logits, labels, weights, recipe, taught)
            total = loss + tf.add_n(model.losses) if model.losses else loss
        gradients = tape.gradient(total, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return total

    averages = [tf.Variable(variable.numpy()) for variable in model.variables]

    def average(decay: Any) -> None:
        for kept, variable in zip(averages, model.variables, strict=True):
            if kept.dtype.is_floating:
                kept.assign(decay * kept + (1 - decay) * variable.value)

    step_graph, average_graph = tf.function(step), tf.function(average)
    infer = tf.function(lambda features: model(features, training=False))
    variables = [*model.variables, *optimizer.variables, *averages]
    best = [variable.numpy() for variable in model.variables]
    history: History = []
    if resume and checkpoint.is_file():
        history, best = _restore(checkpoint, digest, variables, len(model.variables))
    for number in range(len(history), recipe.epochs):
        losses = []
        for index, batch in enumerate(sampler.epoch(number)):
            optimizer.learning_rate.assign(cosine_rate(recipe, number * recipe.steps + index))
            losses.append(float(step_graph(batch.features, batch.labels, batch.weights, batch.taught)))
            average_graph(tf.constant(averaging(recipe, number * recipe.steps + index), tf.float32))
        figures = {
            "epoch": number + 1.0,
            "loss": float(np.mean(losses)),
            "learning_rate": float(optimizer.learning_rate),
        }
        running = [variable.numpy() for variable in model.variables]
        _assign(model.variables, [kept.numpy() for kept in averages])
        for part in validation:
            logits = np.asarray(infer(part.features))
            truth, predicted = part.labels[part.mask], logits[part.mask].argmax(axis=1)
            figures[f"kappa_{part.dataset}"] = cohen_kappa(confusion_matrix(truth, predicted, logits.shape[-1]))
        if validation:
            figures["kappa"] = float(np.mean([figures[f"kappa_{part.dataset}"] for part in validation]))
        if not validation or not history or figures["kappa"] > max(row["kappa"] for row in history):
            best = [variable.numpy() for variable in model.variables]
        _assign(model.variables, running)
        history.append(figures)
        if on_epoch is not None:
            on_epoch(number + 1, figures)
        if (number + 1) % recipe.checkpoint_every == 0 or number + 1 == recipe.epochs:
            _save(checkpoint, digest, variables, best, history)
    _assign(model.variables, best)
    return history


def averaging(recipe: TrainingConfig, step: int) -> float:
    """Decay of the running average of the weights at a step; small at first, so that the start is soon forgotten."""
    return min(recipe.weight_averaging, (1 + step) / (10 + step))


def focal_loss(logits: Any, labels: Any, weights: Any, recipe: TrainingConfig, taught: Any = None) -> Any:
    """Focal cross-entropy on logits (Lin et al., ICCV 2017): -weight (1 - p)^gamma log p, mean over scored epochs.

    logits: [batch, epochs, classes]. labels: int [batch, epochs]. weights: [batch, epochs], 0 where not scored.
    taught: probabilities [batch, epochs, classes] of teachers, which then make up `teacher_share` of the target
    (distillation, Hinton et al., 2015).
    """
    import tensorflow as tf

    classes = logits.shape[-1]
    target = tf.one_hot(labels, classes) * (1 - recipe.label_smoothing) + recipe.label_smoothing / classes
    if taught is not None:
        target = (1 - recipe.teacher_share) * target + recipe.teacher_share * taught
    log = tf.nn.log_softmax(logits)
    # The floor keeps the gradient of x^gamma finite where a class is certain.
    terms = -target * tf.pow(tf.maximum(1 - tf.exp(log), 1e-6), recipe.focal_gamma) * log
    return tf.reduce_sum(weights * tf.reduce_sum(terms, axis=-1)) / tf.maximum(tf.reduce_sum(weights), 1.0)


def _assign(variables: list[Any], values: list[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _save(path: Path, digest: str, variables: list[Any], best: list[Any], history: History) -> None:
    arrays = {f"state_{index}": variable.numpy() for index, variable in enumerate(variables)}
    arrays |= {f"best_{index}": value for index, value in enumerate(best)}
    buffer = io.BytesIO()
    np.savez(buffer, meta=np.array(json.dumps({"digest": digest, "history": history})), **arrays)
    replace_file(path, buffer.getvalue())


def checkpoint_digest(path: Path) -> str:
    """The digest of the run that a checkpoint is of. Raises DataError where the file is damaged."""
    with _opened(path) as archive:
        return str(json.loads(str(archive["meta"]))["digest"])


def _restore(path: Path, digest: str, variables: list[Any], weights: int) -> tuple[History, list[Any]]:
    if checkpoint_digest(path) != digest:
        raise DataError(
            f"{path}: is of another configuration, seed or data", "train again without --resume, or undo the change"
        )
    with _opened(path) as archive:
        history: History = json.loads(str(archive["meta"]))["history"]
        state = [archive[f"state_{index}"] for index in range(len(variables))]
        best = [archive[f"best_{index}"] for index in range(weights)]
    _assign(variables, state)
    return history, best


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            yield archive
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: is damaged", "train again without --resume") from error
