"""The wheel and the editable install carry what the tool needs, from any working directory."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NEEDED = "import sktools.build.shipped as s, sktools.zoo as z, sktools.profiling.profile as p; " + (
    "assert s.firmware_path('runtime', 'sk_model.h').is_file(); "
    "assert z.find_entry('ss-2').name == 'ss-2-tcn-sm'; assert p.schema()['title']; print('ok')"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    copy = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout: nothing tells which files belong to the source")
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([*command, str(copy)], check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_every_module_and_data_file(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    wanted = {name for name in tracked if name.startswith("sktools/")}
    wanted |= {f"sktools/{name}" for name in tracked if name.startswith(("firmware/", "templates/", "models/"))}
    assert wanted - names == set()


def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    script = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import sktools; assert {str(site)!r} in sktools.__file__; "
    )
    done = subprocess.run(
        [sys.executable, "-c", script + NEEDED], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("ok\n", "")


def test_a_run_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """The library and an example of it, with the wheel installed by pip and the checkout out of sight."""
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    example = tmp_path / "example.py"
    example.write_bytes((ROOT / "examples" / "optimize_levels.py").read_bytes())
    where = "import sktools; print(sktools.__file__); "
    script = f"{where}sktools.evaluate('ss-2', subjects=['syn-005'])"
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def output(*command: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    assert output("-c", script) == [str(site / "sktools" / "__init__.py")]
    rows = [line.split() for line in output(str(example), "ss-2", "host", "balanced", "size")[3:]]
    assert [(row[0], row[-1]) for row in rows] == [("balanced", "0"), ("size", "0")]
    assert (tmp_path / "results" / "ss-2-tcn-sm" / "host-aot" / "latest").is_file()


def test_the_editable_install_works_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", NEEDED], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("ok\n", "")


def test_the_lock_is_hashed_and_names_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==\S+ ?(?:;[^\\]*)?\\\n +--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))


def test_the_lock_holds_every_direct_requirement() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    text = config["options"]["install_requires"]
    text += "".join(config["options.extras_require"][extra] for extra in ("train", "fc-reference", "docs", "dev"))
    wanted = {match.lower() for match in re.findall(r"^([A-Za-z0-9_.-]+)[>=]", text, re.MULTILINE)}
    locked = {name.lower() for name in re.findall(r"^(\S+?)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)}
    assert wanted - locked == set()


def test_no_line_of_the_core_asks_for_tensorflow() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert "tensorflow" not in config["options"]["install_requires"]
