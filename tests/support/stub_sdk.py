"""A stand-in for the user's neuralSPOT checkout, made of tests/support/neuralspot_stubs/."""

from __future__ import annotations

import shutil
from pathlib import Path

STUBS = Path(__file__).resolve().parent / "neuralspot_stubs"
ARCHIVE = b"!<arch>\n"


def make_sdk(
    folder: Path,
    part: str = "apollo4p",
    suite: str = "R4.5.0",
    tensorflow: str = "helia_rt_v1_6_0",
    interpreter: Path | None = None,
) -> Path:
    """The stubs, with an empty file for each part of the SDK that they do without.

    interpreter: the folder of a real one, to be linked into its place.
    """
    shutil.copytree(STUBS, folder)
    core = folder / "neuralspot" / "ns-core" / "src"
    for file in (core / "apollo4p" / "gcc").iterdir():
        if not (core / part / "gcc" / file.name).exists():  # a chip's own linker script stays
            (core / part / "gcc").mkdir(parents=True, exist_ok=True)
            shutil.copy(file, core / part / "gcc")
    (folder / ".release-please-manifest.json").write_text('{".": "1.3.0"}\n')
    for path in (
        f"extern/AmbiqSuite/{suite}/module.mk",
        f"extern/AmbiqSuite/{suite}/CMSIS/AmbiqMicro/Include/{part}.h",
        f"extern/AmbiqSuite/{suite}/lib/{part}/libam_hal.a",
        f"extern/AmbiqSuite/{suite}/lib/{part}/evb/libam_bsp.a",
        f"extern/AmbiqSuite/{suite}/pack/SVD/{part}.svd",
        f"extern/tensorflow/{tensorflow}/lib/libtensorflow-microlite-cm4-gcc-release.a",
    ):
        if interpreter is not None and "tensorflow" in path:
            (folder / "extern" / "tensorflow").mkdir(parents=True)
            (folder / "extern" / "tensorflow" / tensorflow).symlink_to(interpreter)
            continue
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(ARCHIVE if file.suffix == ".a" else b"")
    return folder
