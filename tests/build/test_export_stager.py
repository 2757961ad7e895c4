"""An exported library with its stager: self-test of the chain, example from the folder alone, CMake, Zephyr, cores."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from sktools.build.export import LiveChain, export_library, library_files, random_vectors
from sktools.compiler.compile import compile_model
from sktools.model_config import ModelConfig
from sktools.profiling.golden_chain import UNSURE, golden_chain
from sktools.profiling.live_model import live_decision, stager_facts, with_live_stager
from sktools.zoo import load_config, resolve
from tests.build.test_export import run_in_qemu
from tests.cli.test_live import live_folder
from tests.support.tools import needs_arm_gcc, needs_cc, needs_qemu

needs_cmake = pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
CORES = {
    "Cortex-M4, softfp": "-mcpu=cortex-m4 -mthumb -mfloat-abi=softfp -mfpu=fpv4-sp-d16",
    "Cortex-M33": "-mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16",
    "Cortex-M55": "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard",
}


def exported(folder: Path, name: str, *, compile_it: bool = True) -> Path:
    """The library of the network of ss-2 with the live features, called `name`."""
    model_folder = live_folder(folder / f"{name}-model")
    config: ModelConfig = load_config(model_folder / "config.yaml")
    tflite = resolve("ss-2").tflite.read_bytes()
    plain = compile_model(tflite, name=name)
    chain = golden_chain(plain, tflite, config, model_folder)
    live = LiveChain(stager_facts(config, live_decision(plain, config, model_folder)), config.features.set, chain)
    model = with_live_stager(plain, config, model_folder)
    place = folder / name
    if compile_it:
        export_library(model, tflite, place, live=live)
        return place
    for path, content in library_files(model, random_vectors(tflite), live=live).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library's folder, not compiled."""
    return exported(tmp_path_factory.mktemp("sources"), "watch", compile_it=False)


def make(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-j2", "-C", folder, *arguments], capture_output=True, text=True, check=False, env=environment
    )


@needs_cc
def test_the_chains_self_test_passes_on_this_machine_and_can_fail(sources: Path, tmp_path: Path) -> None:
    done = make(sources, "check")
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    wrong = shutil.copytree(sources, tmp_path / "wrong")
    golden = wrong / "selftest" / "watch_chain_selftest.c"
    stages = re.search(r"stages\[EPOCHS\] = \{ (.*?) \}", golden.read_text())
    assert stages is not None
    values = list(map(int, stages[1].split(", ")))
    sure = [index for index, value in enumerate(values) if value != UNSURE]
    assert len(sure) > len(values) // 2
    values[sure[0]] = 1 - values[sure[0]]
    golden.write_text(golden.read_text().replace(stages[1], ", ".join(map(str, values))))
    assert "Error 2" in make(wrong, "check").stderr  # what examples/main.c ends with if the chain is wrong


@needs_arm_gcc
@needs_qemu
def test_the_example_is_built_from_the_folder_alone(tmp_path: Path) -> None:
    library = exported(tmp_path / "made", "watch")
    empty = tmp_path / "empty"
    alone = shutil.copytree(library, empty / "lib", ignore=shutil.ignore_patterns("*.a"))
    shutil.rmtree(tmp_path / "made")
    read = tmp_path / "read"
    tools = {Path(found).parent for found in map(shutil.which, ("make", "arm-none-eabi-gcc", "rm", "mkdir")) if found}
    path = os.pathsep.join(str(folder) for folder in tools if not (folder / "sktools").exists())
    done = make(
        alone / "examples" / "watch",
        environment={"PATH": path, "HOME": str(empty), "SUNPRO_DEPENDENCIES": str(read)},
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    toolchain = Path(shutil.which("arm-none-eabi-gcc") or "").resolve().parent.parent
    text = read.read_text().replace("\\\n", " ")
    used = [Path(word) for line in text.splitlines() for word in line.partition(":")[2].split()]
    assert len(used) > 20
    for file in used:
        # Relative ones are of the library's folder or of the example's.
        places = [file] if file.is_absolute() else [alone / file, alone / "examples" / "watch" / file]
        found = next((place.resolve() for place in places if place.exists()), file)
        assert found.is_relative_to(alone.resolve()) or found.is_relative_to(toolchain), f"{file} lies outside"
    assert run_in_qemu(alone / "examples" / "watch" / "watch.elf") == 0


@needs_arm_gcc
def test_the_boards_application_compiles_against_the_stand_in_of_its_sdk(sources: Path, tmp_path: Path) -> None:
    stubs = Path(__file__).parents[1] / "support" / "neuralspot_stubs" / "include"
    subprocess.run(
        [
            *("arm-none-eabi-gcc", *CORES["Cortex-M4, softfp"].split(), "-std=c99", "-Wall", "-Wextra", "-Werror"),
            *(f"-I{stubs}", f"-I{sources / 'include'}"),
            *("-c", str(sources / "examples" / "evb" / "main.c"), "-o", str(tmp_path / "main.o")),
        ],
        check=True,
    )


@needs_cmake
@needs_cc
def test_two_models_by_cmake_in_one_program(sources: Path, tmp_path: Path) -> None:
    other = exported(tmp_path, "second", compile_it=False)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(two C)\n"
        f"find_package(watch CONFIG REQUIRED PATHS {sources} NO_DEFAULT_PATH)\n"
        f"find_package(second CONFIG REQUIRED PATHS {other} NO_DEFAULT_PATH)\n"
        "add_executable(two main.c)\n"
        "target_link_libraries(two PRIVATE sktools::watch_selftest sktools::second_selftest)\n"
    )
    (tmp_path / "main.c").write_text(
        "".join(f'#include "{name}{end}.h"\n' for name in ("watch", "second") for end in ("", "_chain_selftest"))
        + "int main(void)\n{\n    return (int)(watch_chain_selftest() + second_chain_selftest());\n}\n"
    )
    for arguments in (["-B", "build"], ["--build", "build", "-j2"]):
        done = subprocess.run(["cmake", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run([tmp_path / "build" / "two"], check=False).returncode == 0


@needs_arm_gcc
@pytest.mark.parametrize("core", CORES)
def test_other_cores_by_option(sources: Path, tmp_path: Path, core: str) -> None:
    folder = shutil.copytree(sources, tmp_path / "library", ignore=shutil.ignore_patterns("obj"))
    done = make(folder, f"CPU={CORES[core]}")
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr


def test_the_zephyr_module_names_files_that_are_there(sources: Path) -> None:
    module = yaml.safe_load((sources / "zephyr" / "module.yml").read_text())
    assert module == {"name": "watch", "build": {"cmake": "zephyr", "kconfig": "zephyr/Kconfig"}}
    cmake = (sources / "zephyr" / "CMakeLists.txt").read_text()
    named = re.findall(r"\$\{library\}/([\w/.]+)", cmake)
    assert {path for path in named if path.endswith(".c")} >= {
        str(path.relative_to(sources)) for path in (sources / "src").rglob("*.c")
    }
    assert all((sources / path).exists() for path in named)
    assert "config WATCH\n" in (sources / "zephyr" / "Kconfig").read_text()


@needs_cc
def test_the_public_header_stands_alone_in_c_and_cpp(sources: Path, tmp_path: Path) -> None:
    header = (sources / "include" / "watch.h").read_text()
    assert not re.findall(r'#include "', header)
    for word in ("WATCH_NO_ANSWER = -1", "WATCH_DELAY_EPOCHS 6u", "milliseconds", "WATCH_WAKE = 0"):
        assert word in header
    for compiler, source in (("cc", "use.c"), ("c++", "use.cpp")):
        if shutil.which(compiler) is None:
            continue
        (tmp_path / source).write_text('#include "watch.h"\nint main(void) { return WATCH_CLASSES; }\n')
        strict = ["-Wall", "-Wextra", "-Werror", "-pedantic", *(["-std=c99"] if compiler == "cc" else [])]
        subprocess.run(
            [compiler, *strict, "-c", f"-I{sources / 'include'}", tmp_path / source, "-o", tmp_path / "o"], check=True
        )


@needs_cc
def test_too_little_room_for_the_state_does_not_compile(sources: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sources, tmp_path / "library", ignore=shutil.ignore_patterns("obj"))
    header = folder / "include" / "watch.h"
    header.write_text(re.sub(r"WATCH_STAGER_BYTES \d+u", "WATCH_STAGER_BYTES 1024u", header.read_text()))
    assert "watch_stager_fits" in make(folder, "check").stderr


def test_a_configuration_can_ask_for_another_delay(tmp_path: Path) -> None:
    config = load_config(live_folder(tmp_path / "m") / "config.yaml")
    assert config.live is not None
    plain = compile_model(resolve("ss-2").tflite.read_bytes(), name="m")
    changed = dataclasses.replace(config, live=dataclasses.replace(config.live, delay_minutes=10.0))
    facts = stager_facts(changed, live_decision(plain, changed, tmp_path))
    assert facts.delay_epochs == 20
