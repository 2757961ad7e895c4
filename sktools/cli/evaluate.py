"""sktools evaluate: score a model on recordings, on the host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import hypnogram_file, machine_readable, talk
from sktools.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sktools.training.progress import ProgressCallback
    from sktools.training.trees import Trees
    from sktools.zoo import ModelRef


@click.command(short_help="score a model on recordings, on the host")
@click.argument("model")
@click.option("--dataset", metavar="NAME", help="See sktools list datasets.  [default: synthetic]")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the recordings.")
@click.option("--subjects", metavar="ID,ID", help="Only these subjects.  [default: all that it was not trained on]")
@click.option("--include-training", is_flag=True, help="Score the subjects that it was trained on too; labelled so.")
@click.option(
    "--baselines", is_flag=True, help="Score gradient-boosted trees too, fitted on the model's training people."
)
@click.option(
    "--training-data",
    multiple=True,
    metavar="DIR",
    help="Folder of the recordings that the model was trained on, or NAME=DIR.  [default: that of --data]",
)
@hypnogram_file
@machine_readable
@talk
def command(
    model: str,
    dataset: str | None,
    data: Path | None,
    subjects: str | None,
    include_training: bool,
    baselines: bool,
    training_data: tuple[str, ...],
    hypnogram: Path | None,
) -> None:
    """Score MODEL with the reference kernels on every subject that it was not trained on.

    Beside the model stand what it must beat: one constant answer, the time since the start of the night without any
    sensor, and with --baselines gradient-boosted trees on the same features, fitted on the people that the model was
    trained on and on nobody else.

    Nights without labels are not scored; --hypnogram writes their stages.
    """
    from sktools.cli.folders import data_folders
    from sktools.cli.hypnogram import write_hypnogram
    from sktools.cli.training_view import TrainingView
    from sktools.partial import check_file_writable
    from sktools.training.evaluation import answer, scored
    from sktools.training.yardsticks import NO_TREES, yardsticks
    from sktools.zoo import resolve

    name = settings.text("dataset", dataset)
    folder = data_folders([name], [data] if data else [])[name]
    found = resolve(model)
    console.info(f"model: {found.tflite} (sha256 {found.sha256[:16]}...)")
    wanted = subjects.split(",") if subjects else None
    if hypnogram is not None:
        check_file_writable(hypnogram)
    with TrainingView(f"scoring {found.name}") as view:
        chosen, logits = answer(
            found, name, folder, include_training, wanted, view.update, need_labels=hypnogram is None
        )
        trees, people, why = None, "", NO_TREES
        if baselines or training_data:
            trees, people, why = _trees(found, {name: folder}, training_data, view.update)
    classes = found.config.classes if found.config else None
    assert classes is not None
    if hypnogram is not None:
        write_hypnogram(hypnogram, chosen, logits, classes.names)
    if not chosen.mask.any():
        console.document({"dataset": chosen.dataset, "subjects": list(chosen.subjects), "epochs": 0})
        console.result(f"{len(chosen.subjects)} nights without labels: nothing is scored")
        return
    from sktools.reports.terminal import yardstick_table
    from sktools.reports.yardsticks import first_words, yardstick_notes

    score = scored(chosen, logits, classes, yardsticks(chosen, classes, trees, people, why))
    console.document(score)
    if not console.as_json:
        kind = " (synthetic data)" if score["synthetic"] else ""
        console.result(
            f"{found.name} on {score['dataset']}{kind}: {len(score['subjects'])} subjects, {score['epochs']:,} epochs"
        )
        warned = first_words(found.name, score)
        if warned:
            console.result(warned)
        console.render(_table(score))
        console.render(yardstick_table(found.name, score))
        for note in yardstick_notes(score):
            console.result(note)
        if score["left_out"]:
            console.result(f"left out: {score['left_out']} subjects that the model was trained on")
        if score["training_included"]:
            console.result(f"includes {len(score['training_included'])} subjects that the model was trained on")


def _trees(
    model: ModelRef, evaluated: dict[str, Path | None], given: Sequence[str], progress: ProgressCallback
) -> tuple[Trees | None, str, str]:
    """The trees of a model, the people that they were fitted on, and why there are none."""
    from sktools.cli.folders import data_folders
    from sktools.training.yardsticks import training_data_sets, training_trees
    from sktools.zoo import METRICS_FILE

    assert model.config is not None
    names = training_data_sets(model.folder / METRICS_FILE)
    if not names:
        return None, "", f"no {METRICS_FILE} beside {model.tflite} names the people that the model was trained on"
    known = [f"{name}={folder}" for name, folder in evaluated.items() if name in names and folder is not None]
    try:
        folders = data_folders(names, given or known)
    except UsageError as error:
        if given:
            raise
        return None, "", f"{error.message} (--training-data DIR)"
    return *training_trees(model.config, model.folder / METRICS_FILE, folders, progress), ""


def _table(score: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column("")
    for name in ("precision", "recall", "F1", "epochs"):
        table.add_column(name, justify="right")
    for name, row in score["per_class"].items():
        table.add_row(
            name, *(f"{row[key] * 100:.1f} %" for key in ("precision", "recall", "f1")), f"{row['support']:,}"
        )
    table.add_section()
    table.add_row("accuracy", "", "", f"{score['accuracy'] * 100:.1f} %", "")
    table.add_row("weighted F1", "", "", f"{score['f1'] * 100:.1f} %", "")
    table.add_row("kappa", "", "", f"{score['kappa']:.3f}", "")
    table.add_row("average precision", "", "", f"{score['average_precision'] * 100:.1f} %", "")
    return table
