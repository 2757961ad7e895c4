"""Builds a compiled model into a folder that holds the project, its image and all that later stages ask of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sktools.build import record
from sktools.build.elf import ImageSizes, image_sizes, locate
from sktools.build.project import TFLITE, model_sources, printable, project_files
from sktools.build.replacement import replacement
from sktools.build.target import Target
from sktools.build.toolchain import compiler_version, require_tools, run_make
from sktools.compiler.compiled import CompiledModel
from sktools.errors import BuildError

RECEIPT = "build.json"
"""What was built from what: the fingerprint of the rendered files, the image's SHA-256, the compiler that made it."""


@dataclass(frozen=True)
class Build:
    """A firmware project that has been compiled.

    folder: the project. image: the ELF (or shared library) in it. binary: its raw flash content, None for none.
    tflite: the model file it was compiled from. flags: compile flags of the model. compiler: --version of the one
    that built it.
    """

    folder: Path
    board: str
    engine: str
    model: CompiledModel
    image: Path
    binary: Path | None
    tflite: Path
    compiler: str
    flags: tuple[str, ...]
    debug: bool

    def sizes(self) -> ImageSizes:
        """Flash and RAM of the image, everything included."""
        return image_sizes(self.image)

    def locate(self, address: int) -> str | None:
        """ "function (file:line)" of an address in the image's code, None where it is not in it."""
        return locate(self.image, address)


def default_folder(model: CompiledModel, board: str, engine: str = "aot") -> Path:
    """./build/<model>/<board>-<engine>"""
    return Path("build") / printable(model.name).strip(" .").replace(" ", "_") / f"{board}-{engine}"


def build_firmware(
    model: CompiledModel, target: Target, tflite: bytes, folder: Path | None = None, *, debug: bool = False
) -> Build:
    """Renders the project and compiles it; a folder that already holds this very build is taken as it is.

    model: what the compiler made of `tflite`. folder: default default_folder(). Nothing half-written is left there: the
    work is done in a folder beside it, which takes its place when the image is complete.
    Raises MissingError for a missing compiler or make, BuildError where it does not compile or cannot be written.
    """
    require_tools(target)
    return build_project(
        project_files(model, target, tflite, debug),
        target.image,
        compiler_version(target.compiler),
        folder or default_folder(model, target.board),
        run_make,
    )


def build_project(
    files: Mapping[str, bytes], image: str, compiler: str, folder: Path, make: Callable[[Path], None]
) -> Build:
    """Writes a project's files and has its image made, unless `folder` already holds this very build.

    image: what the build makes, below the project. compiler: identifies whatever else the image depends on.
    make: makes the image in a folder that holds the files. Raises BuildError, and what `make` raises.
    """
    fingerprint = _fingerprint(files, compiler)

    def holds() -> bool:
        return _holds(folder, fingerprint, image, compiler)

    if not holds():
        with replacement(folder, files, record.FILE, holds) as fresh:
            make(fresh)
            receipt = _receipt(fingerprint, fresh / image, compiler)
            (fresh / RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n")
    build = load_build(folder)
    if not holds():
        raise BuildError(f"another run builds something else into {folder}", "name another folder: --output DIR")
    return build


def write_project(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes a project without building it; one that stands there with the same files, and its image, is left alone.

    Raises BuildError where it cannot be written.
    """
    if all((folder / path).is_file() and (folder / path).read_bytes() == content for path, content in files.items()):
        return
    with replacement(folder, files, record.FILE):
        pass


def load_build(folder: Path) -> Build:
    """The build in a folder that build_firmware wrote.

    Raises BuildError where there is none, or it is damaged.
    """
    model, facts = record.from_json(folder / record.FILE, model_sources(folder))
    try:
        image, binary = folder / facts["image"], folder / facts["binary"] if facts["binary"] else None
        build = Build(
            folder=folder,
            board=facts["board"],
            engine=facts["engine"],
            model=model,
            image=image,
            binary=binary,
            tflite=folder / TFLITE,
            compiler=_builder(folder, image, facts["compiler"]),
            flags=tuple(facts["flags"]),
            debug=facts["debug"],
        )
    except (KeyError, TypeError) as error:
        raise BuildError(
            f"{folder / record.FILE} is damaged: {error}", "build it again: sktools build-fw MODEL"
        ) from error
    for needed in (build.image, build.tflite):
        if not needed.is_file():
            raise BuildError(f"{folder} holds no {needed.name}", f"make -C {folder}, or sktools build-fw MODEL")
    return build


def _fingerprint(files: Mapping[str, bytes], compiler: str) -> str:
    digest = hashlib.sha256(compiler.encode())
    for path, content in sorted(files.items()):
        digest.update(f"\n{path} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _receipt(fingerprint: str, image: Path, compiler: str) -> dict[str, str]:
    return {"fingerprint": fingerprint, "image_sha256": _digest(image), "compiler": compiler}


def _holds(folder: Path, fingerprint: str, image: str, compiler: str) -> bool:
    """Whether the folder's image came from these files with this compiler, and is still the one that was built."""
    try:
        return bool(_read_receipt(folder) == _receipt(fingerprint, folder / image, compiler))
    except OSError:
        return False


def _builder(folder: Path, image: Path, program: str) -> str:
    """--version of the compiler that made the image, as far as that is known."""
    receipt = _read_receipt(folder)
    made_by_us = image.is_file() and receipt.get("image_sha256") == _digest(image)
    return str(receipt.get("compiler", program)) if made_by_us else f"{program}, run by hand: version not recorded"


def _read_receipt(folder: Path) -> dict[str, str]:
    """Empty where there is none that can be read."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return receipt if isinstance(receipt, dict) else {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
