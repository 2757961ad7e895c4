"""Exports compile by themselves, compute what the reference computes, and take nothing from their firmware."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sktools.build.export import Exported, export_library, library_files, random_vectors, tflite_header
from sktools.build.shipped import firmware_path
from sktools.compiler.compile import compile_model
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.reference import Reference
from sktools.errors import BuildError, MissingError
from sktools.zoo import resolve
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_arm_gcc, needs_cc, needs_qemu

CORE = ("-mcpu=cortex-m4", "-mthumb")
CPU = (*CORE, "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
HEAP_AND_STDIO = re.compile(r"malloc|calloc|free|printf|puts|fopen|write|sbrk")


@pytest.fixture(scope="module")
def network() -> bytes:
    return random_network(Family(frames=32, filters=(8, 12), depths=(1, 1), dilations=(1, 2), classes=2, seed=7))


@pytest.fixture(scope="module")
def model(network: bytes) -> CompiledModel:
    return compile_model(network, name="tiny", optimize="none")


@pytest.fixture(scope="module")
def library(model: CompiledModel, network: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    folder = tmp_path_factory.mktemp("export") / "library"
    assert export_library(model, network, folder) == Exported(folder / "lib" / "libtiny.a", None)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-C", folder, *arguments], capture_output=True, text=True, check=False)


def run_in_qemu(image: Path) -> int:
    """The exit code that the image ends with, by semihosting."""
    return subprocess.run(
        [
            *("qemu-system-arm", "-machine", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "null"),
            *("-semihosting-config", "enable=on,target=native", "-kernel", str(image)),
        ],
        timeout=60,
        check=False,
    ).returncode


def test_vectors_are_the_references(network: bytes) -> None:
    first, second = random_vectors(network)
    assert first != second
    oracle = Reference(network)
    frame = np.array(first.input, np.int8)
    assert tuple(oracle.run(frame)[oracle.graph.output].reshape(-1).tolist()) == first.expected
    assert random_vectors(network) == (first, second)


@needs_cc
def test_the_self_test_passes_on_this_machine_and_can_fail(
    model: CompiledModel, network: bytes, tmp_path: Path
) -> None:
    vectors = random_vectors(network)
    wrong = dataclasses.replace(vectors[0], expected=(vectors[0].expected[0] ^ 1, *vectors[0].expected[1:]))
    for name, chosen, ends in (("right", vectors, 0), ("wrong", (wrong, vectors[1]), 1)):
        for path, content in library_files(model, chosen).items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(content)
        done = make(tmp_path / name, "check")
        assert (done.returncode != 0) == bool(ends), done.stderr
        assert "warning" not in done.stderr


def test_the_library_shows_its_calls_and_asks_for_no_heap_or_stdio(library: Path) -> None:
    listing = subprocess.run(
        ["arm-none-eabi-nm", "--format=posix", library / "lib" / "libtiny.a"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    symbols = [line.split()[:2] for line in listing.splitlines() if line and not line.endswith(":")]
    assert {name for name, kind in symbols if kind.isupper() and kind != "U"} == {
        *("tiny_input", "tiny_invoke", "tiny_output")
    }
    needed = {name for name, kind in symbols if kind == "U"}
    assert needed <= {"memcpy", "memmove", "memset"}
    assert not [name for name, _ in symbols if HEAP_AND_STDIO.search(name)]


def test_the_folder_is_complete_and_builds_again(library: Path, model: CompiledModel) -> None:
    assert not (library / "obj").exists()
    before = (library / "lib" / "libtiny.a").read_bytes()
    assert make(library, "clean", "all", "example").returncode == 0
    assert (library / "lib" / "libtiny.a").read_bytes() == before
    readme = (library / "README.md").read_text()
    ram = model.plan.arena_bytes + model.input.elements + model.output.elements
    assert f"{ram} bytes static" in readme
    assert "{{" not in readme
    make(library, "clean", "all")
    shutil.rmtree(library / "obj")


@needs_qemu
def test_two_libraries_in_one_firmware_run_on_the_virtual_board(library: Path, network: bytes, tmp_path: Path) -> None:
    other_network = random_network(
        Family(frames=32, filters=(8, 12), depths=(1, 1), dilations=(1, 2), classes=2, seed=8)
    )
    other = tmp_path / "other"
    export_library(compile_model(other_network, name="2nd model", optimize="none"), other_network, other)
    main = tmp_path / "main.c"
    main.write_text(
        '#include "m_2nd_model_selftest.h"\n#include "tiny_selftest.h"\n#include "sk_semihosting.h"\n'
        "int main(void) { sk_semihosting_exit((int)(tiny_selftest() + m_2nd_model_selftest() + tiny_selftest())); }\n"
    )
    board = firmware_path("boards", "virtual")
    image = tmp_path / "two.elf"
    subprocess.run(
        [
            *("arm-none-eabi-gcc", *CPU, "-std=c99", "-O2", "-nostartfiles", "-Wl,--gc-sections"),
            *(f"-I{path}" for path in (board, firmware_path("runtime"))),
            *(f"-I{folder / name}" for folder in (library, other) for name in ("include", "selftest")),
            *(f"-T{board / 'virtual.ld'}", "-o", image, main, board / "startup.c"),
            *(firmware_path("runtime", "sk_stack.c"),),
            *(library / "selftest" / "tiny_selftest.c", other / "selftest" / "m_2nd_model_selftest.c"),
            *(library / "lib" / "libtiny.a", other / "lib" / "libm_2nd_model.a"),
        ],
        check=True,
    )
    assert run_in_qemu(image) == 0


TINY = Family(frames=20, filters=(8,), depths=(2,), dilations=(1,))
FAST = {
    "five taps": {"fast/sk_tiles.c", "fast/sk_mul_gate.c", "fast/sk_depthwise_3_5.c", "fast/sk_row_sums.c"},
    "seven taps": {"fast/sk_tiles.c", "fast/sk_depthwise_7_9.c"},
    "short streams": {"fast/sk_depthwise_3_5.c", "fast/sk_depthwise_window.c"},
    "ss-2": {"fast/sk_conv_1x1_narrow.c", "fast/sk_conv_1xk_few_outputs.c"},
}
"""Network -> kernels in assembly: what another compiler could get wrong."""


def fast_model(name: str) -> tuple[bytes, CompiledModel]:
    if name == "ss-2":
        tflite = resolve(name).tflite.read_bytes()
        return tflite, compile_model(tflite, name="tiny")
    kernel, dilation = {"five taps": (5, 1), "seven taps": (7, 1), "short streams": (3, 8)}[name]
    tflite = random_network(dataclasses.replace(TINY, kernel=kernel, dilations=(dilation,)))
    return tflite, compile_model(tflite, name="tiny", optimize="speed")


@pytest.fixture(scope="module")
def fast_sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By network, a library of fast kernels, not compiled, with a main() that ends with the number of wrong bytes."""
    folders = {}
    for name, kernels in FAST.items():
        folder = folders[name] = tmp_path_factory.mktemp("fast")
        network, compiled = fast_model(name)
        assert kernels <= set(compiled.kernels)
        for path, content in library_files(compiled, random_vectors(network)).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        (folder / "main.c").write_text(
            '#include "tiny_selftest.h"\n#include "sk_semihosting.h"\n'
            "int main(void) { sk_semihosting_exit(tiny_selftest() != 0); }\n"
        )
    return folders


def compile_for_the_target(
    folder: Path, compiler: str, cpu: tuple[str, ...], options: list[str], objects: Path
) -> None:
    """Every source of the library and of a board to run it on. Raises CalledProcessError."""
    board, runtime = firmware_path("boards", "virtual"), firmware_path("runtime")
    newlib = subprocess.run(["arm-none-eabi-gcc", "-print-sysroot"], capture_output=True, text=True).stdout.strip()
    other = ("--target=arm-none-eabi", "-isystem", f"{newlib or '/usr/lib/arm-none-eabi'}/include")
    includes = sorted({path.parent for path in folder.rglob("*.h")} | {board, runtime})
    sources = [*sorted((folder / "src").rglob("*.c")), *(folder / "selftest").glob("*.c"), folder / "main.c"]
    for number, source in enumerate([*sources, board / "startup.c", runtime / "sk_stack.c"]):
        subprocess.run(
            [
                *(compiler, *(other if compiler == "clang" else ()), *cpu, "-std=c99", *options, "-Wall"),
                *("-Wextra", "-Werror", *(f"-I{path}" for path in includes)),
                *("-c", source, "-o", objects / f"{number}.o"),
            ],
            check=True,
            capture_output=True,
            text=True,
        )


@needs_qemu
@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize(
    ("compiler", "options"),
    [("arm-none-eabi-gcc", options) for options in ("-Og", "-Os", "-O3", "-O2 -flto", "-O2 -mfloat-abi=soft")]
    + [("clang", options) for options in ("-Og", "-O3")],
)
def test_the_sources_compute_the_same_however_they_are_compiled(
    fast_sources: dict[str, Path], name: str, compiler: str, options: str, tmp_path: Path
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    cpu = CORE if "soft" in options else CPU
    compile_for_the_target(fast_sources[name], compiler, cpu, options.split(), tmp_path)
    image = tmp_path / "image.elf"
    script = f"-T{firmware_path('boards', 'virtual') / 'virtual.ld'}"
    link = options.split() if compiler != "clang" else []
    subprocess.run(
        ["arm-none-eabi-gcc", *cpu, *link, "-nostartfiles", script, "-o", image, *sorted(tmp_path.glob("*.o"))],
        check=True,
    )
    assert run_in_qemu(image) == 0


@needs_cc
def test_the_public_header_serves_cpp_too(library: Path, tmp_path: Path) -> None:
    source = tmp_path / "use.cpp"
    source.write_text(
        '#include "tiny.h"\nint main() { tiny_invoke(); return TINY_INPUT_ZERO_POINT != 0 && *tiny_output(); }\n'
    )
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    subprocess.run(
        [compiler, "-Wall", "-Werror", "-c", f"-I{library / 'include'}", source, "-o", tmp_path / "o"], check=True
    )


@needs_cc
def test_the_tflite_as_a_c_array(network: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.h").write_bytes(tflite_header("Sleep 2", network, "0" * 64))
    source = tmp_path / "main.c"
    source.write_text(
        '#include <stdio.h>\n#include <stdint.h>\n#include "m.h"\nint main(void)\n{\n'
        "    fwrite(sleep_2_tflite, 1, sleep_2_tflite_len, stdout);\n"
        "    return (uintptr_t)sleep_2_tflite % 16 != 0;\n}\n"
    )
    subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", source, "-o", tmp_path / "out"], check=True)
    done = subprocess.run([tmp_path / "out"], capture_output=True, check=True)
    assert done.stdout == network


def test_without_the_compiler_the_sources_are_written(
    model: CompiledModel, network: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match=r"needs arm-none-eabi-gcc.*the sources are written"):
        export_library(model, network, tmp_path / "out")
    assert (tmp_path / "out" / "include" / "tiny.h").is_file()


@needs_arm_gcc
def test_a_folder_of_somebody_else_is_left_alone(model: CompiledModel, network: bytes, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.tex").write_text("x")
    with pytest.raises(BuildError, match="holds something that sktools did not write"):
        export_library(model, network, tmp_path / "theirs")
    assert [path.name for path in (tmp_path / "theirs").iterdir()] == ["thesis.tex"]
