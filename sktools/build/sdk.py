"""The vendor's SDK, neuralSPOT: where the user keeps it, which version it is, and what of it is missing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sktools.errors import MissingError, UsageError

ROOT_VARIABLE = "NEURALSPOT_ROOT"
CLONE = "git clone https://github.com/AmbiqAI/neuralSPOT"
GET_IT = f"{CLONE}, then name it: --sdk DIR or NEURALSPOT_ROOT"


_PLACEHOLDER = " (a placeholder of Git LFS)"


@dataclass(frozen=True)
class Sdk:
    """What a board needs of its SDK.

    platform, part: as the SDK names the board and its chip. ambiqsuite: AS_VERSION values that work, the preferred one
    first. tensorflow: its interpreter archive. variables: what else its make must be told. stack_ends: the section of
    its linker script at whose end the stack begins.
    """

    name: str
    platform: str
    part: str
    ambiqsuite: tuple[str, ...]
    tensorflow: str
    variables: Mapping[str, str] = field(default_factory=dict)
    stack_ends: str = ".stack"
    sources: tuple[str, ...] = ()

    @property
    def board_kind(self) -> str:
        """The platform without its chip: evb, blue_evb ..."""
        return self.platform.removeprefix(f"{self.part}_")


@dataclass(frozen=True)
class SdkRoot:
    """A checkout that holds all a board needs. ambiqsuite: the AS_VERSION to build with."""

    folder: Path
    version: str
    ambiqsuite: str


def sdk_folder(option: Path | str | None) -> Path | None:
    """The folder that the user named: the option, or NEURALSPOT_ROOT. Raises UsageError for a path that is none."""
    named = option or os.environ.get(ROOT_VARIABLE)
    try:
        return Path(named).expanduser().resolve() if named else None
    except (RuntimeError, ValueError) as error:  # a ~ of nobody; a name with a zero byte
        raise UsageError(f"{named}: is no folder ({error})", "--sdk DIR or NEURALSPOT_ROOT") from error


def find_sdk(sdk: Sdk, option: Path | str | None) -> SdkRoot:
    """The user's checkout, with an AmbiqSuite that is complete for this board.

    Raises MissingError where none is named, it is no neuralSPOT, or it lacks parts; the message names them.
    """
    folder = sdk_folder(option)
    if folder is None:
        raise MissingError(f"building for {sdk.platform} needs {sdk.name}, and no checkout of it is named", GET_IT)
    if not (folder / "make" / "neuralspot_config.mk").is_file():
        raise MissingError(f"{folder} is no checkout of {sdk.name}: it has no make/neuralspot_config.mk", GET_IT)
    # make splits names at blanks, and the SDK's make files do not quote.
    if re.search(r"\s", str(folder)):
        raise MissingError(f"{sdk.name} cannot be built in {folder}: its make files take no blank", "move it")
    for version in sdk.ambiqsuite:
        if not missing_parts(folder, sdk, version):
            return SdkRoot(folder, sdk_version(folder), version)
    preferred = sdk.ambiqsuite[0]
    parts = missing_parts(folder, sdk, preferred)
    # Names the missing files alone: what a user changed in the checkout stays.
    placeholders = any(part.endswith(_PLACEHOLDER) for part in parts)
    fetch = "lfs pull" if placeholders else f"checkout HEAD -- {' '.join(parts)}"
    raise MissingError(
        f"{folder} lacks for {sdk.platform} with AmbiqSuite {preferred}: {', '.join(parts)}",
        f"git -C {folder} {fetch}, or a fresh clone: {GET_IT}",
    )


def sdk_version(folder: Path) -> str:
    """The release that a checkout says it is."""
    try:
        found = json.loads((folder / ".release-please-manifest.json").read_text(encoding="utf-8"))["."]
        return str(found)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    try:
        head = (folder / "CHANGELOG.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "unknown version"
    match = re.search(r"^## \[([^\]]+)\]", head, re.MULTILINE)
    return match[1] if match else "unknown version"


def missing_parts(folder: Path, sdk: Sdk, ambiqsuite: str) -> list[str]:
    """Files that a build for this board needs and the checkout lacks, relative to it."""
    found = []
    for path in _needed(sdk, ambiqsuite):
        file = folder / path
        if not file.exists():
            found.append(path)
        elif file.suffix == ".a" and not _is_archive(file):
            found.append(f"{path}{_PLACEHOLDER}")
    return found


def _needed(sdk: Sdk, ambiqsuite: str) -> Iterator[str]:
    suite = f"extern/AmbiqSuite/{ambiqsuite}"
    yield "Makefile"
    yield "neuralspot/ns-uart/module.mk"
    yield f"neuralspot/ns-core/src/{sdk.part}/gcc/linker_script.ld"
    yield f"neuralspot/ns-core/src/{sdk.part}/gcc/startup_gcc.c"
    yield f"{suite}/module.mk"
    yield f"{suite}/CMSIS/AmbiqMicro/Include/{sdk.part}.h"
    yield f"{suite}/lib/{sdk.part}/libam_hal.a"
    yield f"{suite}/lib/{sdk.part}/{sdk.board_kind}/libam_bsp.a"
    yield f"{suite}/pack/SVD/{sdk.part}.svd"
    yield f"extern/tensorflow/{sdk.tensorflow}/lib/libtensorflow-microlite-cm4-gcc-release.a"


def _is_archive(path: Path) -> bool:
    """Whether it is an ar archive: a checkout without Git LFS has a short text in its place."""
    with path.open("rb") as stream:
        return stream.read(8) == b"!<arch>\n"
