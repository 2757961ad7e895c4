"""sktools train: fit, quantize and score a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import machine_readable, talk

if TYPE_CHECKING:
    from sktools.datasets.registry import Dataset


@click.command(short_help="train, quantize and evaluate a network")
@click.argument("model")
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    metavar="NAME",
    help="Train on it; may be given again.  [default: synthetic]",
)
@click.option(
    "--data", "folders", multiple=True, metavar="[NAME=]DIR", help="Folder of the recordings, of data set NAME."
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the model.  [default: ./models/<name>]",
)
@click.option("--seed", type=int, metavar="N", help="Instead of the configuration's.")
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Training epochs (of each training), instead of the configuration's.",
)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
@click.option(
    "--cross-validation",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Figures for the model's card, from sktools cross-validate MODEL --json > FILE.",
)
@machine_readable
@talk
def command(
    model: str,
    datasets: tuple[str, ...],
    folders: tuple[str, ...],
    output: Path | None,
    seed: int | None,
    epochs: int | None,
    resume: bool,
    cross_validation: Path | None,
) -> None:
    """Train MODEL (a zoo name, or a config.yaml) and write its folder.

    Where its configuration names another model as training.first, the network learns that one's classes first.
    """
    from sktools.cli.training_view import TrainingView
    from sktools.errors import UsageError
    from sktools.training.trainer import train
    from sktools.zoo import CONFIG_FILE, LOCAL_FOLDER, find_config
    from sktools.zoo.pull import is_pulled

    config, entry = find_config(model)
    if entry.alias_note:
        console.warning(entry.alias_note)
    opened = _opened(datasets, folders)
    target = output or Path(LOCAL_FOLDER) / config.name
    if is_pulled(target):
        raise UsageError(f"{target}: holds a pulled model, which training would replace", "--output DIR")
    written = Path(model) if model.endswith((".yaml", ".yml")) else entry.folder / CONFIG_FILE
    console.info(f"training {config.name} ({written}) into {target}")
    with TrainingView(f"training {config.name}") as view:
        result = train(
            config,
            opened,
            target,
            config_file=written,
            seed=seed,
            epochs=epochs,
            resume=resume,
            progress=view.update,
            cross_validation=_figures(cross_validation),
        )
    console.document(result.metrics)
    for dataset, score in result.metrics["int8"].items():
        console.result(
            f"{dataset}: accuracy {score['accuracy']:.3f}, F1 {score['f1']:.3f}, kappa {score['kappa']:.3f}, "
            f"average precision {score['average_precision']:.3f} ({len(score['subjects'])} held-out subjects, int8)"
        )
    console.result(f"model: {result.folder}")


def _figures(file: Path | None) -> dict[str, Any] | None:
    import json

    from sktools.errors import DataError

    if file is None:
        return None
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: is not the JSON of sktools cross-validate") from error
    return found


def _opened(datasets: tuple[str, ...], folders: tuple[str, ...]) -> list[Dataset]:
    from sktools.cli.folders import open_datasets

    return open_datasets(list(datasets) or [settings.text("dataset")], folders)
