"""sktools evaluate: score a model on recordings, on the host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import hypnogram_file, machine_readable, talk

if TYPE_CHECKING:
    from rich.table import Table


@click.command(short_help="score a model on recordings, on the host")
@click.argument("model")
@click.option("--dataset", metavar="NAME", help="See sktools list datasets.  [default: synthetic]")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the recordings.")
@click.option("--subjects", metavar="ID,ID", help="Only these subjects.  [default: all that it was not trained on]")
@click.option("--include-training", is_flag=True, help="Score the subjects that it was trained on too; labelled so.")
@hypnogram_file
@machine_readable
@talk
def command(
    model: str,
    dataset: str | None,
    data: Path | None,
    subjects: str | None,
    include_training: bool,
    hypnogram: Path | None,
) -> None:
    """Score MODEL with the reference kernels on every subject that it was not trained on.

    Nights without labels are not scored; --hypnogram writes their stages.
    """
    from sktools.cli.folders import data_folders
    from sktools.cli.hypnogram import write_hypnogram
    from sktools.cli.training_view import TrainingView
    from sktools.partial import check_file_writable
    from sktools.training.evaluation import answer, scored
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
    classes = found.config.classes if found.config else None
    assert classes is not None
    if hypnogram is not None:
        write_hypnogram(hypnogram, chosen, logits, classes.names)
    if not chosen.mask.any():
        console.document({"dataset": chosen.dataset, "subjects": list(chosen.subjects), "epochs": 0})
        console.result(f"{len(chosen.subjects)} nights without labels: nothing is scored")
        return
    score = scored(chosen, logits, classes)
    console.document(score)
    if not console.as_json:
        kind = " (synthetic data)" if score["synthetic"] else ""
        console.result(
            f"{found.name} on {score['dataset']}{kind}: {len(score['subjects'])} subjects, {score['epochs']:,} epochs"
        )
        console.render(_table(score))
        if score["left_out"]:
            console.result(f"left out: {score['left_out']} subjects that the model was trained on")
        if score["training_included"]:
            console.result(f"includes {len(score['training_included'])} subjects that the model was trained on")


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
