"""The figures that the documentation derives, derived again."""

from __future__ import annotations

import re
import shlex
import statistics
from pathlib import Path

import click
import pytest

from sktools.boards.board import load_board
from sktools.cli import operators
from sktools.cli.main import cli
from sktools.cli.reference import reference
from sktools.link.messages import ErrorCode, MessageType
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR

ROOT = Path(__file__).resolve().parent.parent
CLOCK_HZ = 192e6


def _validation_rows() -> list[list[str]]:
    text = (ROOT / "docs" / "cycle-model.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines() if re.match(r"\| (ENC|B\d|DEC)", line)]
    assert len(rows) == 8
    return rows


def test_the_validation_table_adds_up() -> None:
    calibration = load_board("virtual").calibration
    assert calibration is not None
    for block, model, milliseconds, cycles, ratio, predicted, error in _validation_rows():
        published = BLOCK_MS_PER_SLEEP_HOUR["ss-4-tcn-sm"][block]
        assert float(milliseconds) == published
        assert float(cycles.replace(",", "")) == pytest.approx(published * 2e-3 * CLOCK_HZ, abs=0.5)
        assert float(ratio) == pytest.approx(float(model.replace(",", "")) / (published * 2e-3 * CLOCK_HZ), abs=5e-4)
        ours = float(model.replace(",", "")) * calibration.factor / (2e-3 * CLOCK_HZ)
        assert float(predicted) == pytest.approx(ours, abs=5e-4)
        assert error == f"{100 * (ours / published - 1):+.1f} %"


def test_the_factor_is_the_inverse_of_the_mean_ratio() -> None:
    ratios = [
        float(model.replace(",", "")) / (float(milliseconds) * 2e-3 * CLOCK_HZ)
        for _, model, milliseconds, *_ in _validation_rows()
    ]
    calibration = load_board("virtual").calibration
    assert calibration is not None
    assert calibration.factor == pytest.approx(1 / statistics.mean(ratios), rel=1e-3)
    without = [ratio / statistics.mean(ratios[:row] + ratios[row + 1 :]) - 1 for row, ratio in enumerate(ratios)]
    text = (ROOT / "docs" / "cycle-model.md").read_text(encoding="utf-8")
    assert f"off by {100 * min(without):+.1f} % to {100 * max(without):+.1f} %" in text
    assert statistics.pstdev(ratios) / statistics.mean(ratios) == pytest.approx(0.0245, abs=5e-4)


def test_the_command_reference_is_current() -> None:
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == reference()


def test_the_list_of_operators_is_current() -> None:
    assert (ROOT / "docs" / "operators.md").read_text(encoding="utf-8") == operators.page()


def _commands() -> list[tuple[str, str]]:
    """Every `sktools ...` line of the pages that tell a user what to type."""
    found = []
    pages = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
    # The reference of commands shows forms, not lines to type; a test of its own holds it.
    pages.remove("docs/commands.md")
    for page in pages:
        fenced = False
        for line in (ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            fenced ^= line.startswith("```")
            match = re.match(r"( {4})?(?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?(sktools [a-z].*?)(?:\s+#.*)?$", line)
            if match and (fenced or match[1]):
                found.append((page, match[2]))
    assert len(found) > 20
    return found


@pytest.mark.parametrize(("page", "line"), _commands())
def test_every_command_of_the_docs_is_understood(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options and arguments are parsed as when it runs; tests/test_documented_commands.py runs README and tutorial."""
    monkeypatch.chdir(tmp_path)
    for name in ("frames.npy", "limits.yaml"):
        (tmp_path / name).touch()
    command: click.Command = cli
    arguments = shlex.split(line)[1:]
    context = click.Context(cli, info_name="sktools")
    while isinstance(command, click.Group):
        found = command.get_command(context, arguments.pop(0))
        assert found is not None
        command = found
    command.make_context("sktools", arguments)


def test_the_protocol_page_names_every_message_and_error() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    messages = {
        name: int(value, 16) for value, name in re.findall(r"^\| 0x([0-9A-F]{2}) \| (\w+) ", text, re.MULTILINE)
    }
    assert messages == {kind.name: kind.value for kind in MessageType if kind.name != "REPLY"}
    errors = {name: int(value) for value, name in re.findall(r"^\| (\d) \| ([A-Z_]+) ", text, re.MULTILINE)}
    assert errors == {code.name: code.value for code in ErrorCode}


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
