"""A model for somebody else's firmware: a C library with its self-test, or the .tflite itself as a file or C array."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sktools.build.export_stager import CALLS, Chain, stager_fields, stager_files
from sktools.build.neuralspot import COMPILER, CPU_FLAGS, INSTALL, MODEL_FLAGS
from sktools.build.project import c_files, include_folders, printable, project_sources, render
from sktools.build.replacement import replacement
from sktools.build.stager import StagerFacts
from sktools.build.toolchain import require_program, run_make
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.emit import identifier_of
from sktools.compiler.reference import Int8Array, Reference
from sktools.errors import MissingError

VECTORS, VECTOR_SEED = 2, 0
NETWORK_CALLS = ("input", "invoke", "output")
DECISION_CALL = "decide"
MARK = ".sktools-c-library"
"""Stands in a folder that holds a library of ours, so that no other folder is replaced."""


@dataclass(frozen=True)
class Vector:
    """int8 values of a frame and of what the reference kernels make of it."""

    input: tuple[int, ...]
    expected: tuple[int, ...]


def random_vectors(tflite: bytes, count: int = VECTORS, seed: int = VECTOR_SEED) -> tuple[Vector, ...]:
    """Seeded random frames with the reference's answers.

    Raises ModelError where the reference refuses the model, MissingError where it is not installed.
    """
    oracle = Reference(tflite)
    shape = oracle.graph.tensors[oracle.graph.input].shape
    return vectors_of(lambda frame: oracle.run(frame)[oracle.graph.output], shape, count, seed)


def vectors_of(
    answer: Callable[[Int8Array], Int8Array], shape: Sequence[int], count: int = VECTORS, seed: int = VECTOR_SEED
) -> tuple[Vector, ...]:
    """Seeded random frames with whatever answers them."""
    generator = np.random.default_rng(seed)
    frames = [generator.integers(-128, 128, size=shape, dtype=np.int8) for _ in range(count)]
    return tuple(
        Vector(tuple(frame.reshape(-1).tolist()), tuple(answer(frame).reshape(-1).tolist())) for frame in frames
    )


@dataclass(frozen=True)
class SelfTest:
    """What the library's self-test compares. judged: if the expected values are the reference's; else the C's own."""

    vectors: tuple[Vector, ...]
    judged: bool = True


@dataclass(frozen=True)
class LiveChain:
    """What an exported stager needs to know. feature_set: its name. chain: the golden vector of its self-test."""

    facts: StagerFacts
    feature_set: str
    chain: Chain


@dataclass(frozen=True)
class ExportedDecision:
    """The decision step of the library. classes: their names. rows: epochs of an output.

    prior: stage prior by row and class, in steps of the output's scale; empty for none.
    epochs_per_row: that a row of it covers.
    """

    classes: tuple[str, ...]
    rows: int
    epochs_per_row: int
    prior: tuple[tuple[int, ...], ...] = ()


def library_files(
    model: CompiledModel,
    vectors: tuple[Vector, ...],
    stack: int | None = None,
    *,
    judged: bool = True,
    manifest: Mapping[str, Any] | None = None,
    live: LiveChain | None = None,
    decision: ExportedDecision | None = None,
) -> dict[str, bytes]:
    """Every file of the C library but the compiled one, by its path below the folder.

    stack: bytes that a call takes, if they were measured. judged: see SelfTest. manifest: content of manifest.json.
    live: of a model that brings its stager with it. decision: None if the classes are not known.
    """
    name = identifier_of(model.name)
    generated, copied = project_sources(
        model, ("runtime/sk_model.h", *(("decision/sk_decision.h",) if decision else ()))
    )
    wrappers = (f"src/{name}.c", *((f"src/{name}_stager.c",) if live else ()))
    selftests = [f"selftest/{name}_selftest.c", *([f"selftest/{name}_chain_selftest.c"] if live else [])]
    sources = {**generated, **copied}
    calls = (*NETWORK_CALLS, *((DECISION_CALL,) if decision else ()), *(CALLS if live else ()))
    fields = {
        **_names(model.name, model.sha256),
        "contract": model.contract,
        "optimize": model.optimize,
        "input": model.input,
        "output": model.output,
        "input_scale": repr(float(np.float32(model.input.scale))),
        "output_scale": repr(float(np.float32(model.output.scale))),
        "arena_bytes": model.plan.arena_bytes,
        "ram_bytes": model.plan.arena_bytes + model.input.elements + model.output.elements,
        "stack": f"{stack} bytes, measured on an emulated Cortex-M4" if stack else "not measured when this was written",
        "model_bytes": model.model_bytes,
        "notes": model.notes,
        "sources": c_files((*sources, *wrappers)),
        "selftests": selftests,
        "internal_names": internal_names(sources.values()),
        "decision": decision,
        "stager": stager_fields(live.facts, live.feature_set) if live else None,
        "chain": live.chain if live else None,
        "include_folders": include_folders(sources),
        "cpu_flags": CPU_FLAGS,
        "flags": MODEL_FLAGS,
        "vectors": vectors,
        "judged": judged,
        "source": f"{len(vectors)} random frames (seed {VECTOR_SEED})",
    }
    return {
        **sources,
        wrappers[0]: render("export/library.c.j2", fields),
        f"src/{name}_names.h": render("export/names.h.j2", fields),
        **(stager_files(fields, name) if live else {}),
        f"include/{name}.h": render("export/public.h.j2", fields),
        f"selftest/{name}_selftest.h": render("export/selftest.h.j2", fields),
        f"selftest/{name}_selftest.c": render("export/selftest.c.j2", fields),
        "examples/main.c": render("export/main.c.j2", fields),
        "Makefile": render("export/Makefile.j2", fields),
        "CMakeLists.txt": render("export/CMakeLists.txt.j2", fields),
        f"{name}Config.cmake": render("export/Config.cmake.j2", fields),
        "zephyr/module.yml": render("export/zephyr_module.yml.j2", fields),
        "zephyr/Kconfig": render("export/zephyr_Kconfig.j2", fields),
        "zephyr/CMakeLists.txt": render("export/zephyr_CMakeLists.txt.j2", fields),
        "README.md": render("export/README.md.j2", fields),
        "exports.txt": "".join(f"{name}_{call}\n" for call in calls).encode(),
        MARK: f"{model.sha256}\n".encode(),
        **({} if manifest is None else {"manifest.json": (json.dumps(manifest, indent=1) + "\n").encode()}),
    }


def internal_names(sources: Iterable[bytes]) -> list[str]:
    """Every name of the library's own sources that another library of this kind has too, but macros."""
    text = "\n".join(source.decode() for source in sources)
    macros = set(re.findall(r"^\s*#\s*define\s+(sk_\w+)", text, re.MULTILINE))
    return sorted(set(re.findall(r"\bsk_[a-z0-9_]+\b", text)) - macros)


@dataclass(frozen=True)
class Exported:
    """library: its path. stack_bytes: of a call, None where that could not be measured."""

    library: Path
    stack_bytes: int | None


def export_library(
    model: CompiledModel,
    tflite: bytes,
    folder: Path,
    check: Callable[[Path, str], int | None] = lambda *_: None,
    *,
    self_test: SelfTest | None = None,
    manifest: Mapping[str, Any] | None = None,
    live: LiveChain | None = None,
    decision: ExportedDecision | None = None,
) -> Exported:
    """Writes the C library into `folder` and compiles it for the Cortex-M4.

    live: of a model that brings its stager with it, which is then a part of the library. decision: see library_files.
    check: has the compiled library of a folder and a name tested; returns the stack of a call, None where it cannot.
    self_test: None for random_vectors of the reference. manifest: see library_files.
    Raises MissingError where the compiler is missing: the sources are written all the same. Raises BuildError where it
    does not compile, or the folder holds something else; and what `check` raises.
    """
    name = identifier_of(model.name)
    test = self_test or SelfTest(random_vectors(tflite))

    def files_with(stack: int | None) -> dict[str, bytes]:
        return library_files(
            model, test.vectors, stack, judged=test.judged, manifest=manifest, live=live, decision=decision
        )

    files = files_with(None)
    try:
        for program, install in ((COMPILER, INSTALL), ("make", "sudo apt-get install make")):
            require_program(program, "the Cortex-M4 library", install)
    except MissingError as error:
        with replacement(folder, files, MARK):
            pass
        raise MissingError(f"{error.message}; the sources are written: {folder}", error.hint) from error

    with replacement(folder, files, MARK) as fresh:
        run_make(fresh)
        run_make(fresh, arguments=["example"])  # what does not link here does not link in a firmware
        shutil.rmtree(fresh / "obj")
        stack = check(fresh, name)
        for path, content in files_with(stack).items():
            if content != files[path]:  # comments alone: what was compiled stays
                (fresh / path).write_bytes(content)
    return Exported(folder / "lib" / f"lib{name}.a", stack)


def tflite_header(name: str, tflite: bytes, sha256: str) -> bytes:
    """The .tflite as a C header: <name>_tflite[] and <name>_tflite_len, for an interpreter in flash."""
    fields = {**_names(name, sha256), "content": [f"0x{byte:02x}" for byte in tflite]}
    return render("export/tflite_header.h.j2", fields)


def _names(model: str, sha256: str) -> dict[str, str]:
    name = identifier_of(model)
    return {"title": printable(model), "name": name, "macro": name.upper(), "sha256": sha256}
