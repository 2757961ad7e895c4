"""The neuralSPOT application: readable, complete, built through the SDK's make, and never half there.

NEURALSPOT_ROOT (with SKTOOLS_TEST_PLATFORM, default apollo4p_evb) has the same sources built by a real checkout.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from sktools.boards.board import load_board
from sktools.boards.configure import ImageOptions, build_image, sdk_target
from sktools.build import neuralspot
from sktools.build.build import load_build
from sktools.build.elf import symbol_addresses
from sktools.build.neuralspot import application_files, make_arguments
from sktools.compiler.compile import compile_model
from sktools.errors import EXIT_MISSING, BuildError, MissingError, UsageError
from tests.support.fake_model import ELEMENTS, TFLITE, fake_model
from tests.support.random_network import Family, random_network
from tests.support.stub_sdk import make_sdk
from tests.support.tools import needs_arm_gcc

EVB = load_board("apollo4p_evb")
TARGET = sdk_target(EVB, ImageOptions())


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sdk(tmp_path_factory.mktemp("sdk") / "neuralSPOT")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "neuralspot-cache"))
    monkeypatch.delenv("NEURALSPOT_ROOT", raising=False)


@pytest.fixture(scope="module")
def network() -> bytes:
    return random_network(Family(frames=32, filters=(8, 12), depths=(1, 1), dilations=(1, 2), classes=2, seed=7))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_without_an_sdk_the_application_is_rendered_and_the_way_to_get_one_told(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(MissingError, match=f"needs neuralSPOT.*rendered: {folder}") as caught:
        build_image(fake_model(), EVB, TFLITE, folder)
    assert caught.value.exit_code == EXIT_MISSING
    assert "git clone https://github.com/AmbiqAI/neuralSPOT" in caught.value.hint and "--sdk" in caught.value.hint
    on_disk = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == application_files(fake_model(), TARGET, TFLITE)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with pytest.raises(BuildError, match=r"holds no firmware\.axf"):
        load_build(folder)


def test_without_a_compiler_too(tmp_path: Path, sdk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match=r"needs arm-none-eabi-gcc.*rendered") as caught:
        build_image(fake_model(), EVB, TFLITE, tmp_path / "out", ImageOptions(sdk=sdk))
    assert "apt-get install" in caught.value.hint
    assert (tmp_path / "out" / "module.mk").is_file()


@needs_arm_gcc
def test_an_image_with_the_chips_own_memory_map(tmp_path: Path, sdk: Path) -> None:
    build = build_image(fake_model(), EVB, TFLITE, tmp_path / "out", ImageOptions(sdk=sdk))
    assert build.binary is not None and build.binary.name == "firmware.bin"
    assert (build.folder / "firmware.map").is_file()
    assert load_build(build.folder) == build
    assert "neuralSPOT 1.3.0" in build.compiler and "AmbiqSuite R4.5.0" in build.compiler
    vectors = build.binary.read_bytes()[:28]
    stack, reset, _, *faults = (int.from_bytes(vectors[i : i + 4], "little") for i in range(0, 28, 4))
    ram = next(region for region in EVB.memory if region.name == "TCM")
    assert stack in ram and reset & ~1 in EVB.memory[0]
    # each fault goes to our handler, none to the SDK's endless loop
    assert len(set(faults)) == 4
    for address in faults:
        assert "faults.c" in (build.locate(address & ~1) or "")
    sizes = build.sizes()
    assert sizes.ram_bytes > neuralspot.STACK_BYTES + 4 * ELEMENTS
    listing = subprocess.run(["arm-none-eabi-nm", "-u", build.image], capture_output=True, text=True, check=True)
    assert listing.stdout == ""


@needs_arm_gcc
def test_the_same_image_from_any_folder_and_not_built_twice(tmp_path: Path, sdk: Path) -> None:
    first = build_image(fake_model(), EVB, TFLITE, tmp_path / "a", ImageOptions(sdk=sdk))
    second = build_image(fake_model(), EVB, TFLITE, tmp_path / "quite" / "elsewhere", ImageOptions(sdk=sdk))
    assert first.binary is not None and second.binary is not None
    assert digest(first.binary) == digest(second.binary)
    before = first.image.stat().st_mtime_ns
    again = build_image(fake_model(), EVB, TFLITE, tmp_path / "a", ImageOptions(sdk=sdk))
    assert again.image.stat().st_mtime_ns == before
    other = build_image(fake_model(), EVB, TFLITE, tmp_path / "a", ImageOptions(sdk=sdk, baud=921600))
    assert other.image.stat().st_mtime_ns != before


@needs_arm_gcc
def test_the_commands_of_the_readme_build_the_same_image(tmp_path: Path, sdk: Path) -> None:
    build = build_image(fake_model(), EVB, TFLITE, tmp_path / "out", ImageOptions(sdk=sdk))
    assert build.binary is not None
    command = re.search(r"^    (make -C .*)$", (build.folder / "README.md").read_text(), re.MULTILINE)
    assert command is not None
    environment = {**os.environ, "NEURALSPOT_ROOT": str(sdk)}
    subprocess.run(["bash", "-c", command[1]], cwd=build.folder, env=environment, check=True, capture_output=True)
    made = list((build.folder / "obj").rglob("sktools_firmware.bin"))
    assert [digest(path) for path in made] == [digest(build.binary)]


@needs_arm_gcc
def test_plain_make_builds_the_same_image(tmp_path: Path, sdk: Path) -> None:
    build = build_image(fake_model(), EVB, TFLITE, tmp_path / "out", ImageOptions(sdk=sdk))
    assert build.binary is not None
    before = digest(build.binary)
    build.binary.unlink()
    run = partial(subprocess.run, cwd=build.folder, capture_output=True, text=True, check=False)
    refused = run(["make"], env={key: value for key, value in os.environ.items() if key != "NEURALSPOT_ROOT"})
    assert refused.returncode != 0 and "names no checkout of neuralSPOT: git clone" in refused.stderr
    shown = run(["make", "-n", f"NEURALSPOT_ROOT={sdk}"])
    assert f"PLATFORM=apollo4p_evb AS_VERSION={EVB.sdk.ambiqsuite[0] if EVB.sdk else ''}" in shown.stdout
    assert "src/model/model.c" in shown.stdout and not (build.folder / "obj").exists()
    made = run(["make", f"NEURALSPOT_ROOT={sdk}"])
    assert made.returncode == 0, made.stderr
    assert digest(build.binary) == before
    assert run(["make", "clean"]).returncode == 0 and not (build.folder / "obj").exists()


@needs_arm_gcc
def test_make_n_reads_sensibly(tmp_path: Path, sdk: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(MissingError):
        build_image(fake_model(), EVB, TFLITE, folder)
    arguments = [*make_arguments(TARGET), f"ADPATH={tmp_path}", "EXAMPLE=out", f"BINDIRROOT={tmp_path / 'obj'}"]
    done = subprocess.run(["make", "-n", "-C", sdk, *arguments], capture_output=True, text=True, check=True)
    compiled = [line for line in done.stdout.splitlines() if " -c " in line]
    ours = [line for line in compiled if str(folder) in line.split(" -c ")[1]]
    assert len(ours) == len(list(folder.rglob("*.c")))
    for line in ours:
        # the last one wins, so that neither the SDK's -O3 nor its -ffast-math decides how the model is compiled
        level = re.findall(r"-O\w", line)[-1]
        assert level == ("-O2" if "/model/" in line or "/kernels/" in line else "-Os")
        assert ("-Werror" in line) == ("/src/board/" not in line.split(" -o ")[1])
    links = [line for line in done.stdout.splitlines() if line.startswith("arm-none-eabi-gcc -Wl,-T,")]
    assert len(links) == 1 and "symbols.ld" in links[0]


@needs_arm_gcc
@pytest.mark.parametrize(
    ("arena", "model", "arena_region", "model_region"),
    [(None, None, "TCM", "MRAM"), ("SRAM", None, "SRAM", "MRAM"), ("tcm", "TCM", "TCM", "TCM")],
)
def test_arena_and_weights_lie_where_they_were_put(
    tmp_path: Path,
    sdk: Path,
    network: bytes,
    arena: str | None,
    model: str | None,
    arena_region: str,
    model_region: str,
) -> None:
    compiled = compile_model(network, name="tiny", optimize="none")
    options = ImageOptions(sdk=sdk, arena_location=arena, model_location=model)
    build = build_image(compiled, EVB, network, tmp_path / "out", options)
    regions = {region.name: region for region in EVB.memory}
    addresses = symbol_addresses(build.image)
    tables = re.findall(r"^extern const \w+ (\w+)\[", compiled.sources["weights.h"], re.MULTILINE)
    assert addresses["sk_arena"] in regions[arena_region]
    assert tables and all(addresses[name] in regions[model_region] for name in tables if name in addresses)
    powered = (build.folder / "src/board/sk_config.h").read_text()
    assert ("SK_NEEDS_SHARED_SRAM 1" in powered) == (arena_region == "SRAM")
    if model_region == "TCM":  # stored in MRAM and copied: it takes both
        plain = build_image(compiled, EVB, network, tmp_path / "plain", ImageOptions(sdk=sdk))
        assert build.sizes().ram_bytes - plain.sizes().ram_bytes == pytest.approx(compiled.model_bytes, abs=64)
        assert build.sizes().flash_bytes == pytest.approx(plain.sizes().flash_bytes, abs=64)


@needs_arm_gcc
def test_an_sdk_that_lays_memory_out_otherwise_is_found_out(tmp_path: Path, network: bytes) -> None:
    compiled = compile_model(network, name="tiny", optimize="none")
    moved = make_sdk(tmp_path / "moved")
    config = moved / "make" / "neuralspot_config.mk"
    config.write_text(config.read_text().replace("SRAM_ORIGIN ?= 0x10060000", "SRAM_ORIGIN ?= 0x10200000"))
    options = ImageOptions(sdk=moved, arena_location="SRAM")
    with pytest.raises(BuildError, match=r"sk_arena\) lie at 0x10200000, outside SRAM"):
        build_image(compiled, EVB, network, tmp_path / "out", options)
    other_stack = make_sdk(tmp_path / "stack")
    startup = other_stack / "neuralspot" / "ns-core" / "src" / "apollo4p" / "gcc" / "startup_gcc.c"
    startup.write_text(startup.read_text().replace("(stack + STACK_SIZE)", "(stack + STACK_SIZE - 64)"))
    with pytest.raises(BuildError, match="the stack begins at 0x10001f00, expected 0x10002000"):
        build_image(compiled, EVB, network, tmp_path / "out2", ImageOptions(sdk=other_stack))


@needs_arm_gcc
def test_what_does_not_compile_leaves_the_earlier_build(tmp_path: Path, sdk: Path) -> None:
    folder = tmp_path / "out"
    build = build_image(fake_model(), EVB, TFLITE, folder, ImageOptions(sdk=sdk))
    before = digest(build.image)
    with pytest.raises(BuildError, match=r"does not build: .*error: 'nonsense' undeclared"):
        build_image(fake_model("    nonsense"), EVB, TFLITE, folder, ImageOptions(sdk=sdk))
    assert digest(build.image) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@needs_arm_gcc
def test_what_does_not_link_is_told_by_the_linkers_own_line(tmp_path: Path, sdk: Path) -> None:
    model = fake_model("    extern void nowhere(void);\n    nowhere();")
    with pytest.raises(BuildError, match=r"does not build: .*undefined reference to `nowhere'") as caught:
        build_image(model, EVB, TFLITE, tmp_path / "out", ImageOptions(sdk=sdk))
    assert "-vv" in caught.value.hint
    assert "arm-none-eabi-gcc" in str(caught.value.__cause__)  # all that make said, which -vv shows


@needs_arm_gcc
def test_a_users_flags_do_not_reach_the_sdks_make(tmp_path: Path, sdk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = build_image(fake_model(), EVB, TFLITE, tmp_path / "a", ImageOptions(sdk=sdk))
    for name in ("CFLAGS", "LFLAGS", "DEFINES", "MAKEFLAGS", "PLATFORM"):
        monkeypatch.setenv(name, "nonsense")
    flagged = build_image(fake_model(), EVB, TFLITE, tmp_path / "b", ImageOptions(sdk=sdk))
    assert plain.binary is not None and flagged.binary is not None
    assert digest(plain.binary) == digest(flagged.binary)


def test_a_path_with_a_blank_is_refused(tmp_path: Path, sdk: Path) -> None:
    blank = make_sdk(tmp_path / "my SDK")
    with pytest.raises(MissingError, match="its make files take no blank"):
        build_image(fake_model(), EVB, TFLITE, tmp_path / "out", ImageOptions(sdk=blank))
    if shutil.which("arm-none-eabi-gcc"):
        with pytest.raises(BuildError, match="its make files take no blank"):
            build_image(fake_model(), EVB, TFLITE, tmp_path / "two words" / "out", ImageOptions(sdk=sdk))


@needs_arm_gcc
@pytest.mark.parametrize(
    ("name", "part", "suite", "arena"),
    [
        ("apollo4l_evb", "apollo4l", "R4.5.0", "TCM"),
        ("apollo3p_evb", "apollo3p", "R3.1.1", "SRAM"),
        ("apollo3p_evb", "apollo3p", "R3.1.1", "TCM"),
    ],
)
def test_other_boards_build_from_their_description_alone(
    tmp_path: Path, network: bytes, name: str, part: str, suite: str, arena: str
) -> None:
    other = make_sdk(tmp_path / "sdk", part=part, suite=suite)
    board = load_board(name)
    compiled = compile_model(network, name="tiny", optimize="none")
    build = build_image(compiled, board, network, tmp_path / "out", ImageOptions(sdk=other, arena_location=arena))
    assert build.board == name
    assert name.encode() in build.image.read_bytes()
    addresses = symbol_addresses(build.image)
    assert addresses["sk_arena"] in next(region for region in board.memory if region.name == arena)
    assert addresses["g_am_pfnVectors"] == next(r.origin for r in board.memory if "code" in r.holds)
    listing = subprocess.run(["arm-none-eabi-nm", build.image], capture_output=True, text=True, check=True).stdout
    assert re.search(r" T am_watchdog_isr$", listing, re.MULTILINE)  # ours, not the SDK's weak one


def test_a_location_that_cannot_hold_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no memory 'PSRAM' for the arena; (known: SRAM, TCM|did you mean)"):
        build_image(fake_model(), EVB, TFLITE, tmp_path / "out", ImageOptions(arena_location="PSRAM"))
    with pytest.raises(UsageError, match="MRAM of apollo4p_evb cannot hold the arena; it can lie in TCM, SRAM"):
        build_image(fake_model(), EVB, TFLITE, tmp_path / "out", ImageOptions(arena_location="MRAM"))
    assert not (tmp_path / "out").exists()


needs_real_sdk = pytest.mark.skipif(
    "NEURALSPOT_ROOT" not in os.environ, reason="NEURALSPOT_ROOT names no neuralSPOT: only the stand-in was built"
)
WATCHDOG_VECTOR = 4 * (16 + 1)
"""Where the vector tables of all these chips have the watchdog's interrupt, number 1."""


@needs_real_sdk
@needs_arm_gcc
@pytest.mark.parametrize("name", ["apollo4p_evb", "apollo4l_evb"])
@pytest.mark.parametrize(("arena", "model"), [("TCM", "MRAM"), ("SRAM", "TCM")])
def test_the_chips_own_linker_script_and_start_up(
    tmp_path: Path, network: bytes, name: str, arena: str, model: str
) -> None:
    """Of the real SDK, with the stand-in's calls: for copies of it that lack the chip's device header."""
    board = load_board(name)
    assert board.sdk is not None
    mixed = make_sdk(tmp_path / "sdk", part=board.sdk.part)
    for file in ("linker_script.ld", "startup_gcc.c"):
        path = Path("neuralspot", "ns-core", "src", board.sdk.part, "gcc", file)
        shutil.copy(REAL_SDK / path, mixed / path)
    compiled = compile_model(network, name="tiny", optimize="none")
    options = ImageOptions(sdk=mixed, arena_location=arena, model_location=model)
    build = build_image(compiled, board, network, tmp_path / "out", options)  # checks placement and stack itself
    regions = {region.name: region for region in board.memory}
    addresses = symbol_addresses(build.image)
    assert addresses["sk_arena"] in regions[arena]
    assert addresses["sk_stack_limit"] == regions["TCM"].origin
    assert addresses["sk_stack_top"] - addresses["sk_stack_limit"] == neuralspot.STACK_BYTES
    assert build.binary is not None
    watchdog = int.from_bytes(build.binary.read_bytes()[WATCHDOG_VECTOR : WATCHDOG_VECTOR + 4], "little")
    assert (build.locate(watchdog & ~1) or "").startswith("am_watchdog_isr ")


@needs_real_sdk
@needs_arm_gcc
def test_a_real_sdk_builds_it(tmp_path: Path, network: bytes) -> None:
    board = load_board(os.environ.get("SKTOOLS_TEST_PLATFORM", "apollo4p_evb"))
    compiled = compile_model(network, name="tiny", optimize="none")
    build = build_image(compiled, board, network, tmp_path / "out", ImageOptions(sdk=REAL_SDK))
    assert build.sizes().flash_bytes > compiled.model_bytes


REAL_SDK = Path(os.environ.get("NEURALSPOT_ROOT", ""))
