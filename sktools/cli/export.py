"""sktools export: a model's files for use elsewhere."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli import settings
from sktools.cli.console import console, summary
from sktools.cli.options import OPTIMIZE_HELP, examples, machine_readable, model_argument, no_clock, talk

if TYPE_CHECKING:
    from sktools.build.export import ExportedDecision, LiveChain
    from sktools.compiler.compiled import CompiledModel
    from sktools.zoo import ModelRef

Write = Callable[["ModelRef", Path, Path | None, str | None], dict[str, Any]]
KINDS = ("c-library", "tflite", "header")


@click.command(
    short_help="write a model's files for use elsewhere: C library, .tflite, C array",
    epilog=examples(
        "sktools export ss-2 --as c-library",
        "sktools export ss-2 --as header --output ss_2.h",
        "sktools export ss-2 --as tflite --output ss-2.tflite",
    ),
)
@model_argument
@click.option("--as", "kind", type=click.Choice(KINDS), required=True, help="What to write.")
@click.option("--optimize", metavar="LEVEL", help=f"Of the C library. {OPTIMIZE_HELP}.")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="PATH", help="Folder or file.  [default: in ./models/<name>]"
)
@no_clock
@machine_readable
@talk
def command(model: str, kind: str, optimize: str | None, output: Path | None, no_clock: bool) -> None:
    """Write MODEL as sources with a Cortex-M4 library and a self-test, as the .tflite, or as a C array of it.

    The library's C is compared with the reference kernels on this machine, as by build-fw: exit code 3 and no library
    if a byte differs. Its self-test is run on the emulated Cortex-M4 if QEMU is installed.
    """
    from sktools.zoo import LOCAL_FOLDER, resolve

    found = resolve(model)
    if found.alias_note:
        console.warning(found.alias_note)
    folder = Path(LOCAL_FOLDER) / found.name
    library: Write = functools.partial(_library, clock=not no_clock)
    write = {"c-library": library, "tflite": _tflite, "header": _header}[kind]
    document = {"model": found.name, "sha256": found.sha256, "as": kind, **write(found, folder, output, optimize)}
    console.document(document)
    shown = {**document, "verified": str(document["verified"]).lower()} if "verified" in document else document
    console.result(summary({name: value for name, value in shown.items() if name not in ("as", "model")}))


def _library(
    found: ModelRef, folder: Path, output: Path | None, optimize: str | None, clock: bool = True
) -> dict[str, Any]:
    from sktools.boards.library_check import stack_of_a_call
    from sktools.build.cache import user_costs
    from sktools.build.export import SelfTest, export_library, random_vectors
    from sktools.compiler.compile import compile_model
    from sktools.compiler.costs import known_costs
    from sktools.profiling.live_model import with_live_stager
    from sktools.profiling.verification import manifest_of, own_vectors, verify

    target = output or folder / "c-library"
    content = found.tflite.read_bytes()
    level = settings.text("optimize", optimize)
    with console.waiting(f"building {found.name} as a C library ({level}) and testing it"):
        compiled = compile_model(content, name=found.name, optimize=level, costs=known_costs(user_costs()))
        live = _live_chain(found, compiled, content, clock)
        if live is not None and found.config is not None:
            compiled = with_live_stager(compiled, found.config, found.folder, clock)
        verification = verify(compiled, content)
        judged = verification.verified
        test = SelfTest(random_vectors(content) if judged else own_vectors(compiled, content), judged)
        manifest = manifest_of(compiled, verification)
        exported = export_library(
            compiled,
            content,
            target,
            stack_of_a_call,
            self_test=test,
            manifest=manifest,
            live=live,
            decision=_decision(found, compiled, clock),
        )
    if not verification.verified:
        console.warning(f"the C library is not verified: {verification.why}")
    for note in compiled.notes:
        console.info(f"note: {note}")
    if live is None:
        console.info("note: the network alone: its features cannot be computed on the chip as the samples come")
    ram = compiled.plan.arena_bytes + compiled.input.elements + compiled.output.elements
    return {
        "folder": str(target),
        "library": str(exported.library),
        "bytes": exported.library.stat().st_size,
        "ram_bytes": ram,
        "stack_bytes": exported.stack_bytes,
        "model_bytes": compiled.model_bytes,
        "stager": live is not None,
        "stage_prior": clock and _has_prior(found),
        "self_test": shlex.join(["make", "-C", str(target), "check"]),
        **verification.document(),
    }


def _live_chain(found: ModelRef, compiled: CompiledModel, content: bytes, clock: bool) -> LiveChain | None:
    """What the stager's part of the library is made of; None for a model without a live feature set."""
    from sktools.build.export import LiveChain
    from sktools.build.stager import is_live
    from sktools.profiling.golden_chain import golden_chain
    from sktools.profiling.live_model import live_decision, stager_facts

    config = found.config
    if config is None or not is_live(config):
        return None
    facts = stager_facts(config, live_decision(compiled, config, found.folder, clock))
    return LiveChain(facts, config.features.set, golden_chain(compiled, content, config, found.folder, clock))


def _decision(found: ModelRef, compiled: CompiledModel, clock: bool) -> ExportedDecision | None:
    """The decision step of a model whose classes are known."""
    from sktools.build.export import ExportedDecision
    from sktools.profiling.live_model import live_decision

    config = found.config
    if config is None or compiled.output.elements != config.network.epochs * config.network.classes:
        return None
    decision = live_decision(compiled, config, found.folder, clock)
    prior = tuple(tuple(row) for row in decision.prior.tolist())
    return ExportedDecision(config.classes.names, config.network.epochs, decision.epochs_per_row, prior)


def _has_prior(found: ModelRef) -> bool:
    from sktools.metrics.clock import read_clock

    clock = read_clock(found.folder) if found.config is not None else None
    return clock is not None and clock.has_prior


def _tflite(found: ModelRef, folder: Path, output: Path | None, optimize: str | None) -> dict[str, Any]:
    from sktools.metrics.clock import CLOCK_FILE
    from sktools.zoo import CONFIG_FILE, FLOAT_TFLITE_FILE, METRICS_FILE, TFLITE_FILE

    if output is not None:
        return _file(output, found.tflite.read_bytes())
    # A folder of ./models hides the zoo's of its name: it has to know as much.
    for name in (CONFIG_FILE, METRICS_FILE, FLOAT_TFLITE_FILE, CLOCK_FILE) if found.config else ():
        if (found.folder / name).is_file():
            _file(folder / name, (found.folder / name).read_bytes())
    return _file(folder / TFLITE_FILE, found.tflite.read_bytes())


def _header(found: ModelRef, folder: Path, output: Path | None, optimize: str | None) -> dict[str, Any]:
    from sktools.build.export import tflite_header

    content = tflite_header(found.name, found.tflite.read_bytes(), found.sha256)
    return _file(output or folder / f"{found.tflite.stem}_tflite.h", content)


def _file(path: Path, content: bytes) -> dict[str, Any]:
    from sktools.cli.files import write_bytes

    write_bytes(path, content)
    return {"file": str(path), "bytes": len(content)}
