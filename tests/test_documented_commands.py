"""Every command of the README and the tutorial is run, in the order of the page, as a reader types them.

What stands on the page in place of a reader's own things (a folder of recordings, a model, frames) is put there first;
the published zoo is a server of this machine. What needs more than this machine has makes its page skip, saying so.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sktools.profiling.bundle import load_bundle
from tests.support.file_server import file_server
from tests.support.published import configuration, serve
from tests.support.random_network import Family, random_network
from tests.support.sleep_accel_files import write_subject

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = {
    "pip install .": "tests/test_packaging.py",
    "pip install '.[train]'": "tests/test_packaging.py",
    "make demo": "test_the_demo",
    "make test": "the run that these tests are part of",
}
"""Commands that another test stands for."""

HELD_OUT = ("1360686", "9961348")
"""Two of the Sleep-Accel subjects that no zoo model is trained on."""


@dataclass(frozen=True)
class Step:
    """A piece of a page: a command line, Python, or the content of a file that the text before it names."""

    kind: str
    text: str
    file: str = ""


def steps(page: str) -> list[Step]:
    """What a page tells its reader to type, in order: fenced blocks, and lines indented by four."""
    found: list[Step] = []
    language, block, before = "", [], ""
    for line in page.splitlines():
        if line.startswith("```"):
            if language:
                found += _block(language, "\n".join(block), before)
                language, block = "", []
            else:
                language = line[3:].strip() or "text"
        elif language:
            block.append(line)
        else:
            if line.startswith("    "):
                found.append(Step("sh", _bare(line)))
            before = line or before
    return found


def _block(language: str, text: str, before: str) -> list[Step]:
    if language in ("sh", "console"):
        whole = text.replace("\\\n", " ")
        return [Step("sh", _bare(line)) for line in whole.splitlines() if line.strip()]
    if language == "python":
        return [Step("python", text)]
    named = re.findall(r"`([\w/-]+\.ya?ml)`", before)
    return [Step("file", text + "\n", named[-1])] if language == "yaml" and named else []


def _bare(line: str) -> str:
    return " ".join(re.sub(r"\s+#.*", "", line).split())


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's own things: recordings in DIR and ~/sleep-accel, a model, frames."""
    folder = tmp_path_factory.mktemp("given")
    night = [0] * 40 + [1] * 60 + [2] * 300 + [3] * 80 + [5] * 60
    for number, subject in enumerate(HELD_OUT):
        write_subject(folder / "DIR", subject, night, seed=number)
    (folder / "my_network.tflite").write_bytes(
        random_network(Family(filters=(8, 12), depths=(1, 1), dilations=(1, 2), classes=2, seed=7))
    )
    np.save(folder / "frames.npy", np.zeros((3, 1, 240, 14), np.float32))
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def environment(given: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """A reader's shell: the tool on its path, a home of its own, a zoo on this machine."""
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm", "make", "git", "bash"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    home = tmp_path_factory.mktemp("home")
    (home / "sleep-accel").symlink_to(given / "DIR")
    with file_server() as zoo:
        serve(zoo, "ss-4-tcn-sm", random_network(Family(frames=240)), configuration())
        yield {
            "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "SKTOOLS_ZOO_URL": f"{zoo.url}/zoo",
        }


def _run(commands: list[str], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Runs lines in one shell, so that cd and source last. Gives back their outputs; fails at the first that fails."""
    logs = [folder / f".log-{number}" for number in range(len(commands))]
    script = ["cd " + str(folder)]
    for command, log in zip(commands, logs, strict=True):
        script.append(f"{{ {command}\n}} > {log} 2> {log}.err || {{ echo $? > {folder}/.failed; exit 1; }}")
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], env=dict(environment), capture_output=True, text=True, timeout=540
    )
    if done.returncode:
        last = max(number for number, log in enumerate(logs) if log.exists())
        error = Path(f"{logs[last]}.err").read_text()
        pytest.fail(f"{commands[last]}\n{logs[last].read_text()[-1500:]}\n{error[-3000:]}\n{done.stderr}")
    return [log.read_text() for log in logs]


def _commands(page: str, replaced: Mapping[str, str]) -> list[str]:
    """The shell lines of a page. A make target of the project may install things: it is run by a test of its own."""
    lines = []
    for step in steps((ROOT / page).read_text(encoding="utf-8")):
        if step.kind == "sh" and step.text not in ELSEWHERE:
            assert not re.match(r"make (?!-C )|pip |sudo ", step.text), f"{page}: no test stands for '{step.text}'"
            lines.append(replaced.get(step.text, step.text))
        elif step.kind == "python":
            lines.append(f"python - <<'END'\n{step.text}\nEND")
        elif step.kind == "file":
            lines.append(f"cat > {step.file} <<'END'\n{step.text}END")
    return lines


def _output(commands: list[str], outputs: list[str], start: str) -> str:
    return next(output for command, output in zip(commands, outputs, strict=True) if command.startswith(start))


@pytest.mark.timeout(600)
def test_the_readme(tmp_path: Path, given: Path, environment: Mapping[str, str]) -> None:
    pytest.importorskip("tensorflow", reason="training needs the extra `train`")
    clone = "git clone <this repository> sktools && cd sktools"
    here = f"git clone -q {ROOT} sktools && cd sktools && cp -a {given}/. ."
    if subprocess.run(["git", "-C", str(ROOT), "rev-parse"], capture_output=True, check=False).returncode:
        here = f"mkdir sktools && cd sktools && cp -a {given}/. ."
    commands = _commands("README.md", {clone: here})
    assert commands[0] == here and len(commands) >= 14
    outputs = _run(commands, tmp_path, environment)
    work = tmp_path / "sktools"
    assert "ss-5-tcn-sm" in _output(commands, outputs, "sktools zoo list")
    assert (work / "models" / "published" / "pulled.json").is_file()
    real = _output(commands, outputs, "sktools run ss-2 --dataset sleep-accel")
    assert "accuracy on sleep-accel" in real and "0 differ" not in real and "exact" in real
    assert np.load(work / "answers.npy").shape == (3, 1, 240, 2)
    assert (work / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (work / "models" / "mine" / "model.tflite").is_file()
    evaluated = _output(commands, outputs, "sktools evaluate")
    assert "2 subjects" in evaluated and "kappa" in evaluated


@pytest.mark.timeout(600)
def test_the_tutorial(tmp_path: Path, given: Path, environment: Mapping[str, str]) -> None:
    pytest.importorskip("tensorflow", reason="training needs the extra `train`")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    commands = _commands("docs/tutorial.md", {})
    assert commands[0] == "source .venv/bin/activate" and len(commands) >= 15
    outputs = _run(commands, tmp_path, environment)
    assert "-> ss-2-tcn-sm (virtual, aot, balanced" in _output(commands, outputs, "sktools compare")
    assert (tmp_path / "compare.html").is_file() and (tmp_path / "limits.yaml").is_file()
    answers = np.load(tmp_path / "answers.npy")
    assert answers.dtype == np.int8 and answers.shape == (3, 1, 240, 2)
    staged = (tmp_path / "stages.csv").read_text(encoding="utf-8").splitlines()
    assert len(staged) == 960 and staged[1].startswith("anna,0,")
    trained = (tmp_path / "results" / "my-ss-2" / "virtual-aot").glob("2*")
    assert load_bundle(next(trained)).profile.parity.mismatched == 0
    assert (tmp_path / "firmware-ss-2" / "Makefile").is_file()


def test_the_demo(tmp_path: Path, given: Path, environment: Mapping[str, str]) -> None:
    """`make demo` in a copy of what it needs; the environment must be there already, or it would be fetched."""
    for name in ("Makefile", "requirements.lock", "setup.cfg"):
        shutil.copy2(ROOT / name, tmp_path / name)  # as old as they are: make asks
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    plan = subprocess.run(["make", "-n", "demo"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    if "make-venv" in plan:
        pytest.skip("the environment of these tests is not the one that make makes from the lock")
    (output,) = _run(["make demo"], tmp_path, environment)
    assert "accuracy on synthetic" in output and "0 differ" not in output
    report = Path(tmp_path, output.rsplit("report: ", 1)[1].strip())
    assert report.is_file()
    assert load_bundle(report.parent).profile.parity.mismatched == 0


def test_the_targets_that_pages_name_exist() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        named = set(re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8")))
        assert named <= known, page.name


def test_what_another_test_stands_for_is_still_on_the_page() -> None:
    texts = {step.text for step in steps((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert set(ELSEWHERE) <= texts
    assert all((ROOT / place).is_file() for place in ELSEWHERE.values() if place.endswith(".py"))
