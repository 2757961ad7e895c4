"""Cross-validation over subjects: every subject is scored by a network that never saw one of its nights."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.datasets.registry import Skipped, find_reader
from sktools.errors import DataError
from sktools.features.evaluation_set import EvaluationSet, evaluation_set, load_nights
from sktools.features.feature_set import find_feature_set
from sktools.features.frames import Night
from sktools.model_config import ModelConfig
from sktools.training.batches import Sampler
from sktools.training.evaluation import scored
from sktools.training.fitting import fit
from sktools.training.networks import build_network
from sktools.training.progress import Progress, ProgressCallback, silent
from sktools.training.source import Source
from sktools.training.tensorflow_setup import prepare_tensorflow, require_tensorflow


@dataclass(frozen=True)
class CrossValidation:
    """accuracy: the `accuracy` object over every subject, each scored by the fold that held it out (float network).
    folds: subject ids of each fold. logits: float32 [n, epochs, classes] of `chosen`.
    """

    accuracy: dict[str, Any]
    folds: tuple[tuple[str, ...], ...]
    chosen: EvaluationSet
    logits: NDArray[np.float32]


def cross_validate(
    config: ModelConfig,
    source: Source,
    extra: Sequence[Source] = (),
    folds: int = 5,
    progress: ProgressCallback = silent,
) -> CrossValidation:
    """Fit `folds` networks by the configuration's recipe, each on the subjects of the other folds.

    Subjects are dealt to the folds in turn, in the reader's order. Every network trains for all of
    `training.epochs` and keeps its last weights: no subject of its own fold has a say.
    extra: data sets that every network trains on besides.
    Raises DataError where there are fewer subjects than folds.
    """
    require_tensorflow()
    reader = find_reader(source.dataset)

    def note(item: Skipped) -> None:
        progress(Progress("skip", message=f"{item.dataset} {item.subject}: {item.reason}"))

    progress(Progress("read", message=f"reading {reader.name}"))
    nights = load_nights(config, reader.name, source.folder, None, note)
    if not 2 <= folds <= len(nights):
        raise DataError(f"data set '{reader.name}': {len(nights)} usable subjects do not make {folds} folds")
    others = [night for part in extra for night in load_nights(config, part.dataset, part.folder, None, note)]
    chosen = evaluation_set(config, reader.name, source.folder, subjects=[night.subject for night in nights])
    owners = np.array(chosen.frame_subjects)
    logits = np.zeros((*chosen.labels.shape, config.network.classes), np.float32)
    parts = tuple(tuple(night.subject for night in nights[fold::folds]) for fold in range(folds))
    total = folds * config.training.epochs
    for fold, held_out in enumerate(parts):
        mine = np.isin(owners, held_out)
        train = [night for night in nights if night.subject not in held_out]

        def tell(number: int, figures: dict[str, float], before: int = fold * config.training.epochs) -> None:
            progress(Progress("fit", before + number, total, figures))

        logits[mine] = _fold_logits(config, [*train, *others], chosen.features[mine], tell)
    return CrossValidation(scored(chosen, logits, config.classes), parts, chosen, logits)


def _fold_logits(
    config: ModelConfig, train: Sequence[Night], frames: NDArray[np.float32], tell: Any
) -> NDArray[np.float32]:
    recipe = dataclasses.replace(config.training, checkpoint_every=config.training.epochs)
    prepare_tensorflow(recipe.seed)
    model = build_network(config.network, config.name, recipe.seed)
    sampler = Sampler(train, config, find_feature_set(config.features.set), recipe.seed)
    with tempfile.TemporaryDirectory() as folder:
        fit(model, recipe, sampler, [], Path(folder) / "state.npz", "", on_epoch=tell)
    return np.asarray(model.predict(frames, verbose=0), np.float32)
