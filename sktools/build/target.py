"""What a firmware project is compiled for, as a board description says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interpreter:
    """An interpreter that is linked in: where its C++ headers lie, the flags they need, its archive."""

    include_folders: tuple[str, ...]
    flags: tuple[str, ...]
    archive: str


@dataclass(frozen=True, kw_only=True)
class BuildRecipe:
    """How an image is made with a GNU-style compiler and make, as a board's YAML describes it.

    compiler: program on PATH; install: the command that installs it.
    sources: files below firmware/ that this board adds to the model, the kernels and the runtime.
    linker_script: file below firmware/, or "" if the compiler's default is used (a shared library).
    cpu_flags: passed to every compilation and to the link.
    model_flags, runtime_flags: optimization of the model and its kernels, and of everything else.
    link_flags: of the link alone.
    image: file name of what the link makes. binary: file name of the raw flash content, or "" for none.
    """

    compiler: str
    install: str
    sources: tuple[str, ...]
    linker_script: str
    cpu_flags: tuple[str, ...]
    model_flags: tuple[str, ...]
    runtime_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    image: str
    binary: str = ""


@dataclass(frozen=True, kw_only=True)
class Target(BuildRecipe):
    """The recipe of one board and one engine.

    board: name of the board. engine: what runs the model. interpreter: None if that is generated C.
    """

    board: str
    engine: str = "aot"
    interpreter: Interpreter | None = None
