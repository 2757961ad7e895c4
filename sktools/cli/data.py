"""sktools data: fetch recordings, and prepare feature stores from them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sktools.cli.console import console
from sktools.cli.options import machine_readable, talk

if TYPE_CHECKING:
    from sktools.datasets.download import DownloadProgress
    from sktools.features.prepare import PrepareProgress

FEATURES_FOLDER = "features"
DATA_FOLDER = "data"
TOKEN_VARIABLE = "NSRR_TOKEN"


@click.group(short_help="fetch recordings and prepare feature stores")
def command() -> None:
    """Recordings: fetch a data set, and prepare a feature store that train and evaluate read."""


@command.command("prepare")
@click.argument("dataset")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the recordings.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Folder of the store.  [default: ./{FEATURES_FOLDER}/DATASET]",
)
@click.option("--subjects", metavar="ID,ID", help="Only these subjects.  [default: all]")
@click.option("--jobs", type=int, default=-1, metavar="N", help="Processes.  [default: one a core]")
@click.option("--dask", metavar="ADDRESS", help="Dask scheduler to work on, such as tcp://host:8786.")
@click.option("--force", is_flag=True, help="Compute every subject anew, those that are complete too.")
@machine_readable
@talk
def prepare_store(
    dataset: str, data: Path | None, output: Path | None, subjects: str | None, jobs: int, dask: str | None, force: bool
) -> None:
    """Compute FS-W-PA-14 of every night of DATASET into a store of HDF5 files, one a subject.

    Interrupted, the same command goes on where it stopped. The store is a data folder in its own right:
    sktools train ss-4 --dataset DATASET --data STORE.
    """
    from sktools.cli.folders import open_datasets
    from sktools.errors import UsageError
    from sktools.features.prepare import prepare

    if jobs == 0 or jobs < -1:
        raise UsageError(f"--jobs {jobs}: expected 1 or more, or -1 for one a core")
    (opened,) = open_datasets([dataset], [data] if data else [])
    name = opened.name
    target = output or Path(FEATURES_FOLDER) / name
    wanted = [subject.strip() for subject in subjects.split(",")] if subjects else None
    with console.progress(f"features of {name}", unit="subjects") as bar:

        def show(step: PrepareProgress) -> None:
            console.event(
                "prepare",
                subject=step.subject,
                done=step.done,
                total=step.total,
                hours=step.hours,
                hours_a_second=step.hours_a_second,
                remaining_seconds=step.remaining_seconds,
                skipped=step.skipped or None,
            )
            if step.skipped:
                console.warning(f"{name} {step.subject}: {step.skipped}")
            left = "" if step.remaining_seconds is None else f", {_span(step.remaining_seconds)} left"
            rate = f"{step.hours_a_second:.2f} h of recording a second{left}" if step.hours else ""
            bar.update(step.done, step.total, rate)

        result = prepare(opened, target, jobs, dask, show, wanted, force)
    console.document(
        {
            "folder": str(result.folder),
            "prepared": list(result.prepared),
            "kept": list(result.kept),
            "skipped": result.skipped,
            "hours": result.hours,
            "seconds": result.seconds,
        }
    )
    console.result(
        f"{len(result.prepared)} subjects prepared ({result.hours:.1f} h of recording in {_span(result.seconds)}), "
        f"{len(result.kept)} were complete, {len(result.skipped)} skipped"
    )
    console.result(f"store: {result.folder}")


@command.command("download")
@click.argument("dataset")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Folder of the recordings.  [default: ./{DATA_FOLDER}/DATASET]",
)
@click.option("--token", metavar="TOKEN", help=f"Yours at NSRR, for mesa.  [default: ${TOKEN_VARIABLE}]")
@click.option("--subjects", metavar="ID,ID", help="Only these subjects.  [default: all]")
@click.option("--base-url", metavar="URL", help="Address of a mirror.")
@machine_readable
@talk
def fetch_dataset(
    dataset: str, output: Path | None, token: str | None, subjects: str | None, base_url: str | None
) -> None:
    """Fetch DATASET (mesa or sleep-accel) from where it is published; interrupted, go on where it stopped.

    mesa needs access granted by NSRR, and your token.
    """
    from sktools.datasets.download import RECORD_FILE, download

    target = output or Path(DATA_FOLDER) / dataset
    wanted = [subject.strip() for subject in subjects.split(",")] if subjects else None
    with console.progress(f"fetching {dataset}", unit="files") as bar:

        def show(step: DownloadProgress) -> None:
            console.event(
                "download",
                path=step.path,
                files_done=step.files_done,
                files=step.files,
                bytes_done=step.bytes_done,
                bytes_total=step.bytes_total,
                kept=step.kept,
            )
            of = f" of {step.bytes_total / 1e6:,.1f}" if step.bytes_total else ""
            bar.update(step.files_done, step.files, f"{step.path} {step.bytes_done / 1e6:,.1f}{of} MB")

        result = download(dataset, target, token or os.environ.get(TOKEN_VARIABLE), wanted, base_url, show)
    console.document(
        {
            "folder": str(result.folder),
            "fetched": list(result.fetched),
            "kept": list(result.kept),
            "bytes": result.bytes,
        }
    )
    console.result(
        f"{len(result.fetched)} files fetched ({result.bytes / 1e6:,.1f} MB), {len(result.kept)} were there already"
    )
    console.result(f"folder: {result.folder} (sizes and checksums in {RECORD_FILE})")


def _span(seconds: float) -> str:
    """Seconds as people say them: 42 s, 3:20 min, 2:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
