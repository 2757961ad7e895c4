"""Renders a compiled model as a firmware project that a person can read and build with plain make."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from sktools.build import record
from sktools.build.shipped import firmware_path, template_path
from sktools.build.target import Target
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.kernel_files import INCLUDE
from sktools.errors import UsageError

RUNTIME_SOURCES = ("runtime/sk_crc32.c", "runtime/sk_frame.c", "runtime/sk_runner.c", "runtime/sk_server.c")
"""What every board needs of firmware/; a target adds its own."""

STAGE_MODEL = "sk_stage_model"
"""Generated files of this name are a model's stager (sktools/build/stager.py)."""

STAGER_SOURCES = ("stager/sk_beats.c", "stager/sk_motion.c", "stager/sk_stager.c", "stager/sk_watch.c")
STAGE_SERVER = "runtime/sk_stage_server.c"

MODEL_FOLDER = "src/model"
KERNEL_FOLDER = "src/kernels"
STAGER_FOLDER = "src/stager"
TFLITE = "model.tflite"


def project_files(model: CompiledModel, target: Target, tflite: bytes, debug: bool = False) -> dict[str, bytes]:
    """Every file of the project, by its path below the project's folder. Depends on nothing but the arguments.

    debug: -Og instead of the target's optimization, and margins around the arena that no step may change.
    """
    check_sources(target.board, (*target.sources, *((target.linker_script,) if target.linker_script else ())))
    generated, copied = project_sources(model, (*runtime_sources(model), *target.sources))
    script = f"src/board/{PurePosixPath(target.linker_script).name}" if target.linker_script else ""
    if script:
        copied[script] = firmware_path(target.linker_script).read_bytes()
    model_flags, runtime_flags = target.model_flags, target.runtime_flags
    if debug:
        model_flags = runtime_flags = ("-Og", *debug_defines(model))
    runtime_flags = (*runtime_flags, *stager_defines(model))
    facts = {
        "board": target.board,
        "engine": target.engine,
        "debug": debug,
        "image": target.image,
        "binary": target.binary,
        "compiler": target.compiler,
        "flags": [*target.cpu_flags, *model_flags],
    }
    fields = {
        "title": printable(model.name),
        "target": target,
        "objcopy": re.sub(r"gcc$", "objcopy", target.compiler),
        "size": re.sub(r"gcc$", "size", target.compiler),
        "step_count": max(model.step_count, 1),
        "layer_count": len(model.layers),
        "model_flags": model_flags,
        "runtime_flags": runtime_flags,
        "link_flags": (*target.link_flags, *((f"-T {script}",) if script else ())),
        "linker_script": script,
        "include_folders": include_folders((*generated, *copied)),
        "model_sources": c_files(path for path in (*generated, *copied) if is_model(path)),
        "runtime_sources": c_files(path for path in copied if not is_model(path)),
        "cxx_sources": cxx_files((*generated, *copied)),
        "sha256": model.sha256,
        "contract": model.contract,
        "optimize": model.optimize,
        "input": model.input,
        "output": model.output,
        "arena_bytes": model.plan.arena_bytes,
        "profile_argument": TFLITE,
    }
    return {
        **generated,
        **copied,
        "Makefile": render("project/Makefile.j2", fields),
        "README.md": render("project/README.md.j2", fields),
        record.FILE: record.to_json(model, facts).encode(),
        TFLITE: tflite,
    }


def check_sources(board: str, sources: Iterable[str]) -> None:
    """Raises UsageError for a file that a board's description names and firmware/ does not have."""
    for source in sources:
        if not firmware_path(source).is_file():
            raise UsageError(
                f"board {board}: its description names {source}, and there is no such file below {firmware_path()}",
                "sources and linker_script are paths below firmware/, such as boards/virtual/board.c",
            )


def debug_defines(model: CompiledModel) -> tuple[str, ...]:
    """Flags that have the runtime look at the margins of the model's arena, where its C leaves such margins."""
    return ("-DSK_DEBUG",) if any("SK_ARENA_MARGIN" in text for text in model.sources.values()) else ()


def printable(name: str) -> str:
    """A model's name as it may stand in a make file or a page: whatever is not a plain character becomes "_"."""
    return re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:80]


def project_sources(model: CompiledModel, sources: Iterable[str]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The C of a project, by its path there: what the compiler generated, and what is copied from firmware/.

    sources: files below firmware/ that the project needs besides the model and its kernels.
    """
    included = (name for text in model.sources.values() for name in _included(text, "kernels"))
    kernels = (f"kernels/{name}" for name in model.kernels)
    generated = {f"{MODEL_FOLDER}/{name}": text.encode() for name, text in model.sources.items()}
    stager = STAGER_SOURCES if has_stager(model) else ()
    return generated, _copied_files((*kernels, *included, *stager, *sources))


def is_model(path: str) -> bool:
    """Whether a file of a project belongs to the model, its kernels or its stager, not to runtime and board."""
    return path.startswith((MODEL_FOLDER, KERNEL_FOLDER, STAGER_FOLDER))


def has_stager(model: CompiledModel) -> bool:
    """Whether the model brings its stager with it."""
    return f"{STAGE_MODEL}.c" in model.sources


def runtime_sources(model: CompiledModel) -> tuple[str, ...]:
    """What every board needs of firmware/ to run this model."""
    return (*RUNTIME_SOURCES, *((STAGE_SERVER,) if has_stager(model) else ()))


def stager_defines(model: CompiledModel) -> tuple[str, ...]:
    """Flags that make the serial server answer for the stager too."""
    return ("-DSK_STAGER",) if has_stager(model) else ()


def c_files(paths: Iterable[str]) -> list[str]:
    """Those that are compiled as C, in alphabetical order."""
    return sorted(path for path in paths if path.endswith(".c"))


def cxx_files(paths: Iterable[str]) -> list[str]:
    """Those that are compiled as C++, in alphabetical order."""
    return sorted(path for path in paths if path.endswith(".cc"))


def include_folders(paths: Iterable[str]) -> list[str]:
    """The folders of the project in which headers lie, and those that the names of kernels' headers start from."""
    folders = {str(PurePosixPath(path).parent) for path in paths}
    return sorted(folders | {KERNEL_FOLDER for folder in folders if folder.startswith(KERNEL_FOLDER)})


def _copied_files(sources: Iterable[str]) -> dict[str, bytes]:
    """The named files of firmware/ and every header that they include, with their place in the project."""
    waiting = list(dict.fromkeys(sources))
    found: dict[str, bytes] = {}
    while waiting:
        name = waiting.pop()
        place = _place(name)
        if place in found:
            continue
        content = firmware_path(name).read_bytes()
        found[place] = content
        waiting += _included(content.decode(), str(PurePosixPath(name).parent))
    return dict(sorted(found.items()))


def _included(text: str, folder: str) -> list[str]:
    """What of firmware/ a C file that lies in `folder` includes; the compiler's and generated headers are not there."""
    found = []
    for name in INCLUDE.findall(text):
        candidates = [
            posixpath.normpath(f"{place}/{name}")
            for place in dict.fromkeys((folder, "kernels", "runtime", "stager", "decision"))
        ]
        found += [path for path in candidates if firmware_path(path).is_file()][:1]
    return found


def _place(name: str) -> str:
    """runtime/x -> src/runtime/x, kernels/x -> src/kernels/x, boards/<board>/x -> src/board/x"""
    path = PurePosixPath(name)
    return f"src/board/{path.name}" if path.parts[0] == "boards" else f"src/{name}"


def render(template: str, fields: Mapping[str, object]) -> bytes:
    """A file of templates/ with the fields filled in; a field that is missing is an error."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(template_path(template).read_text()).render(fields).encode()


def model_sources(folder: Path) -> dict[str, str]:
    """The generated C of a project on disk, by file name."""
    return {path.name: path.read_text() for path in sorted((folder / MODEL_FOLDER).glob("*")) if path.is_file()}
