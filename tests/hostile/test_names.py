"""A model file's own name may be anything a file system takes, and the names in it anything at all: none reaches a
shell, make file, C, J-Link script or page unescaped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from sktools.boards.board import load_board
from sktools.boards.jlink import JLinkDriver
from sktools.cli import main
from sktools.errors import UsageError
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_cc

pytestmark = needs_cc

MARK = "owned"
NAMES = [
    f"x'; touch {MARK} #.tflite",
    f'x"; touch {MARK}; ".tflite',
    f"$(touch {MARK}).tflite",
    f"$(shell touch {MARK}).tflite",
    f"`touch {MARK}`.tflite",
    f"line\n\ttouch {MARK}\n.tflite",
    "<img src=x onerror=alert(1)>.tflite",
    '" onload="alert(1).tflite',
    "* #error hostile.tflite",
    "...tflite",
    "%s%s%n%x.tflite",
    "-rf --help.tflite",
    "{{ 7 * 7 }}{% raw %}.tflite",
    "schön 睡眠 😴.tflite",
    "a" * 200 + ".tflite",
    "....tflite",
    ".tflite",
    " .tflite",
]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., None]:
    def run_in(folder: Path, model: str) -> None:
        monkeypatch.chdir(folder)
        status = main.run(["run", model, "--board", "host", "--frames", "1", "--quiet"])
        assert status == 0, capfd.readouterr().err

    return run_in


def write_model(path: Path) -> None:
    """A small network whose tensors are called like the files."""
    network = random_network(Family(frames=16, filters=(4,), depths=(1,), dilations=(1,)))
    model = schema.ModelT.InitFromPackedBuf(network, 0)
    for number, tensor in enumerate(model.subgraphs[0].tensors):
        tensor.name = NAMES[number % len(NAMES)]
    builder = flatbuffers.Builder(1 << 14)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))


def some(names: list[str], fast: set[int]) -> list[object]:
    """All of them in the soak, those that reach farthest always."""
    return [
        pytest.param(name, id=str(number), marks=() if number in fast else pytest.mark.soak)
        for number, name in enumerate(names)
    ]


@pytest.mark.parametrize("name", some(NAMES, {0, 3, 4, 6, 9}))
def test_a_model_file_with_this_name(name: str, run: Callable[..., None], tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    write_model(folder / name)
    run(folder, f"./{name}")
    assert {path.name for path in folder.iterdir()} - {name} == {"build", "results"}
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
    assert not [path for path in tmp_path.rglob("*") if path.name == MARK]
    (report,) = folder.glob("results/*/*/*/report.html")
    page = report.read_text()
    assert "<img src=x" not in page and 'onload="alert' not in page and "49{%" not in page
    for source in folder.glob("build/*/*/src/model/*"):
        assert "hostile" not in source.read_text().replace("error_hostile", "")


@pytest.mark.parametrize("name", some([name.removesuffix(".tflite") for name in NAMES[:8]], {1, 3}))
def test_a_working_folder_with_this_name(name: str, run: Callable[..., None], tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    write_model(folder / "m.tflite")
    run(folder, "m.tflite")
    assert {path.name for path in folder.iterdir()} == {"m.tflite", "build", "results"}
    assert not [path for path in tmp_path.rglob("*") if path.name == MARK]


@pytest.mark.parametrize("name", [*NAMES, "a,b", "a\rb", "a b"], ids=range(len(NAMES) + 3))
def test_a_raw_image_with_this_name_adds_nothing_to_the_script(name: str, tmp_path: Path) -> None:
    image = tmp_path / name
    image.write_bytes(bytes(64))
    try:
        script = JLinkDriver(load_board("apollo4p_evb")).flash_plan(image).script
    except UsageError as error:
        assert "\n" not in error.message
        return
    lines = script.splitlines()
    assert len(lines) == 7
    assert lines[2:4] == [f"loadbin {name}, 0x18000", f"verifybin {name}, 0x18000"]
    assert "," not in name and " " not in name and '"' not in name
