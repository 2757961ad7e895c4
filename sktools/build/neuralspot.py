"""Renders a compiled model as a neuralSPOT application and has the SDK's make build it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sktools.build import record, tflm
from sktools.build.build import Build, build_project, default_folder, write_project
from sktools.build.cache import cache_folder
from sktools.build.elf import symbol_addresses
from sktools.build.memory_map import Content, MemoryRegion, check_fit
from sktools.build.project import (
    TFLITE,
    c_files,
    check_sources,
    cxx_files,
    include_folders,
    is_model,
    printable,
    project_sources,
    render,
    runtime_sources,
    stager_defines,
)
from sktools.build.sdk import CLONE, Sdk, SdkRoot, find_sdk
from sktools.build.tflm import interpreter_sources
from sktools.build.toolchain import compiler_version, require_program, run_make
from sktools.compiler.compiled import CompiledModel
from sktools.errors import BuildError, MissingError

COMPILER = "arm-none-eabi-gcc"
INSTALL = "sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"
APP = "sktools_firmware"
IMAGE, BINARY, MAP = "firmware.axf", "firmware.bin", "firmware.map"
SOURCES = (
    *("runtime/sk_main.c", "runtime/sk_fault.c", "runtime/sk_stack.c"),
    *("boards/ambiq/board.c", "boards/ambiq/sk_clock.c", "boards/ambiq/faults.c"),
)
LINKER_SYMBOLS = "src/board/symbols.ld"
CPU_FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
"""The SDK's own, for the record."""
MODEL_FLAGS = ("-O2",)
RUNTIME_FLAGS = ("-Os",)
"""As on the virtual board, so that its cycles predict this image."""
STACK_BYTES = 8192
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "USER", "SHELL")
"""What the SDK's make gets of ours: it takes CFLAGS, DEFINES, TOOLCHAIN and many more from its environment."""


@dataclass(frozen=True)
class SdkTarget:
    """One board and one configuration of its image.

    clock_hz: CPU clock asked for; low_power: whether that is the slower of the chip's two.
    arena, model: where the arena and the weights go. engine: what runs the model.
    """

    board: str
    title: str
    sdk: Sdk
    clock_hz: int
    low_power: bool
    baud: int
    memory: tuple[MemoryRegion, ...]
    arena: MemoryRegion
    model: MemoryRegion
    engine: str = "aot"

    @property
    def sdk_name(self) -> str:
        return self.sdk.name


def make_arguments(target: SdkTarget, ambiqsuite: str | None = None) -> list[str]:
    """The variables that the SDK's make needs for this board; where application and build folder lie comes on top."""
    sdk = target.sdk
    return [
        f"PLATFORM={sdk.platform}",
        f"AS_VERSION={ambiqsuite or sdk.ambiqsuite[0]}",
        f"TF_VERSION={sdk.tensorflow}",
        "AUTODEPLOY=1",
        f"STACK_SIZE_IN_32B_WORDS={STACK_BYTES // 4}",
        *(f"{name}={value}" for name, value in sdk.variables.items()),
    ]


def check_memory(model: CompiledModel, target: SdkTarget) -> None:
    """Raises BuildError where the model cannot fit the chip as it is to be placed, before anything is compiled."""
    ram = next(region for region in target.memory if "data" in region.holds)
    flash = next(region for region in target.memory if "code" in region.holds)
    stack = next(region for region in target.memory if "stack" in region.holds)
    contents = [
        Content("arena", model.plan.arena_bytes, target.arena.name),
        Content("weights", model.model_bytes, target.model.name),
        Content("input and output", model.input.elements + model.output.elements, ram.name),
        Content("stack", STACK_BYTES, stack.name),
    ]
    if target.model != flash:
        contents.append(Content("weights' initial values", model.model_bytes, flash.name))
    check_fit(target.memory, contents, target.board)


def application_files(
    model: CompiledModel, target: SdkTarget, tflite: bytes, *, debug: bool = False
) -> dict[str, bytes]:
    """Every file of the application, by its path below its folder. Depends on nothing but the arguments."""
    board = (*SOURCES, *target.sdk.sources)
    check_sources(target.board, board)
    own = interpreter_sources(board, quiet=False) if target.engine == tflm.ENGINE else board
    generated, copied = project_sources(model, (*runtime_sources(model), *own))
    sources = {**generated, **copied}
    model_flags, runtime_flags = (("-Og",), ("-Og",)) if debug else (MODEL_FLAGS, RUNTIME_FLAGS)
    ours = ("-Werror", "-fno-fast-math")
    cxx = cxx_files(sources)
    groups = (
        ("sk_model_objects", [path for path in c_files(sources) if is_model(path)], (*model_flags, *ours)),
        (
            "sk_runtime_objects",
            [path for path in c_files(sources) if path.startswith("src/runtime/")],
            (*runtime_flags, *ours),
        ),
        # The SDK's headers do not hold up to -Werror.
        ("sk_board_objects", [path for path in c_files(sources) if path.startswith("src/board/")], runtime_flags),
        (
            "sk_engine_objects",
            [*(path for path in c_files(sources) if path.startswith("src/tflm/")), *cxx],
            model_flags,
        ),
    )
    fields = {
        "title": printable(model.name),
        "app": APP,
        "target": target,
        "engine": target.engine,
        "sources": [*c_files(sources), *cxx],
        "main_object": next(_object(path) for path in c_files(sources) if path.endswith("main.c")),
        "groups": [
            {"name": name, "objects": [_object(path) for path in paths], "flags": flags}
            for name, paths, flags in groups
            if paths
        ],
        "include_folders": include_folders((*sources, "src/board/sk_config.h")),
        "defines": _defines(model, target),
        "linker_symbols": LINKER_SYMBOLS,
        "needs_shared_sram": any(region.name == "SRAM" for region in (target.arena, target.model)),
        "sha256": model.sha256,
        "contract": model.contract,
        "optimize": model.optimize,
        "input": model.input,
        "output": model.output,
        "layer_count": len(model.layers),
        "step_count": model.step_count,
        "arena_bytes": model.plan.arena_bytes,
        "model_bytes": model.model_bytes,
        "make_arguments": make_arguments(target),
        "bindir": _bindir(target),
        "image": IMAGE,
        "binary": BINARY,
        "get_it": CLONE,
    }
    facts = {
        "board": target.board,
        "engine": target.engine,
        "debug": debug,
        "image": IMAGE,
        "binary": BINARY,
        "compiler": COMPILER,
        "flags": [*CPU_FLAGS, *model_flags],
        "clock_hz": target.clock_hz,
        "baud": target.baud,
        "arena_location": target.arena.name,
        "model_location": target.model.name,
    }
    return {
        **sources,
        LINKER_SYMBOLS: render("neuralspot/symbols.ld.j2", fields),
        "src/board/sk_config.h": render("neuralspot/sk_config.h.j2", fields),
        "module.mk": render("neuralspot/module.mk.j2", fields),
        "Makefile": render("neuralspot/Makefile.j2", fields),
        "README.md": render("neuralspot/README.md.j2", fields),
        record.FILE: record.to_json(model, facts).encode(),
        TFLITE: tflite,
    }


def build_application(
    model: CompiledModel,
    target: SdkTarget,
    tflite: bytes,
    folder: Path | None = None,
    *,
    sdk: Path | str | None = None,
    debug: bool = False,
) -> Build:
    """Renders the application and builds it with the SDK; a folder that already holds this very build is taken.

    sdk: the user's checkout; without it NEURALSPOT_ROOT. The SDK's objects are kept in the user's cache, one folder for
    each configuration, so that the next model builds quickly.
    Raises MissingError for a missing compiler or SDK; the application is rendered all the same, and the message says
    where. Raises BuildError where it does not fit, compile or link.
    """
    folder = folder or default_folder(model, target.board, target.engine)
    check_memory(model, target)
    files = application_files(model, target, tflite, debug=debug)
    try:
        for program, install in ((COMPILER, INSTALL), ("make", "sudo apt-get install make")):
            require_program(program, target.board, install)
        root = find_sdk(target.sdk, sdk)
    except MissingError as error:
        write_project(files, folder)
        raise MissingError(
            f"{error.message}; the application is rendered: {folder} (its README.md has the commands)", error.hint
        ) from error
    compiler = compiler_version(COMPILER)
    made_with = f"{compiler}; {target.sdk.name} {root.version} ({root.folder}), AmbiqSuite {root.ambiqsuite}"
    build = build_project(files, IMAGE, made_with, folder, lambda fresh: _make(fresh, target, root, compiler))
    _check_placement(build, target)
    return build


def sdk_objects(target: SdkTarget, root: SdkRoot, compiler: str) -> Path:
    """Where the SDK's own objects of this configuration are kept: its make sees no difference between two of them."""
    key = "\n".join([compiler, str(root.folder), root.version, *make_arguments(target, root.ambiqsuite)])
    return cache_folder() / f"{target.sdk.platform}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _make(application: Path, target: SdkTarget, root: SdkRoot, compiler: str) -> None:
    """Builds in `application` and brings image, binary and map there."""
    application = application.resolve()
    if re.search(r"\s", str(application)):
        raise BuildError(
            f"{target.sdk.name} cannot build in {application.parent.parent}: its make files take no blank",
            "name another folder: --output DIR",
        )
    objects = sdk_objects(target, root, compiler)
    own = Path(f"{objects / _bindir(target)}{application}")
    with _lock(objects), _removed_afterwards(own):
        run_make(
            root.folder,
            arguments=[
                *make_arguments(target, root.ambiqsuite),
                f"ADPATH={application.parent}",
                f"EXAMPLE={application.name}",
                f"BINDIRROOT={objects}",
            ],
            environment={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        for made, name in ((f"{APP}.axf", IMAGE), (f"{APP}.bin", BINARY), (f"{APP}.map", MAP)):
            try:
                shutil.copyfile(own / made, application / name)
            except FileNotFoundError as error:
                raise BuildError(
                    f"{target.sdk.name}'s make ended without an error and without {made}",
                    "sktools doctor --board " + target.board,
                ) from error


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One build at a time in a folder of SDK objects."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _removed_afterwards(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _object(source: str) -> str:
    return str(PurePosixPath(source).with_suffix(".o"))


def _bindir(target: SdkTarget) -> str:
    return f"{target.sdk.platform}/arm-none-eabi"


def _defines(model: CompiledModel, target: SdkTarget) -> list[str]:
    found = [f"-DSK_MAX_STEPS={max(model.step_count, 1)}", *stager_defines(model)]
    for macro, region, content in (
        ("SK_ARENA_SECTION", target.arena, "arena"),
        ("SK_WEIGHTS_SECTION", target.model, "model"),
    ):
        if section := region.sections.get(content):
            found.append(f'-D{macro}=\\"{section}\\"')
    return found


def _check_placement(build: Build, target: SdkTarget) -> None:
    """Raises BuildError where the linker put something elsewhere than the board description says."""
    addresses = symbol_addresses(build.image)
    binary = (build.folder / BINARY).read_bytes()
    initial_stack = int.from_bytes(binary[:4], "little")  # the first word of every Cortex-M vector table
    if initial_stack != addresses["sk_stack_top"]:
        raise BuildError(
            f"the stack begins at {initial_stack:#010x}, expected {addresses['sk_stack_top']:#010x}: this "
            f"{target.sdk.name} lays out its stack in another way than the description of {target.board} says",
            f"sktools doctor --board {target.board}",
        )
    weights = sorted(set(_table_names(build.model.sources)) & set(addresses))
    for what, names, region in (("arena", ["sk_arena"], target.arena), ("weights", weights, target.model)):
        for name in names:
            if name in addresses and addresses[name] not in region:
                raise BuildError(
                    f"the {what} ({name}) lie at {addresses[name]:#010x}, outside {region.name} of {target.board}: "
                    f"this {target.sdk.name} has another linker script than its board description says",
                    f"sktools doctor --board {target.board}",
                )


def _table_names(sources: Mapping[str, str]) -> list[str]:
    return re.findall(r"^extern const \w+ (\w+)\[", sources.get("weights.h", ""), re.MULTILINE)
