"""The files that a visitor of the repository opens first, and what they promise each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import sktools

ROOT = Path(__file__).resolve().parent.parent


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere() -> None:
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", _text("CHANGELOG.md"), re.MULTILINE)
    assert released and released[0] == sktools.__version__
    assert yaml.safe_load(_text("CITATION.cff"))["version"] == sktools.__version__


def test_the_changelog_collects_what_is_not_released() -> None:
    assert re.search(r"^## \[Unreleased\]$", _text("CHANGELOG.md"), re.MULTILINE)


@pytest.mark.parametrize("form", ["bug", "request"])
def test_issue_forms_ask_for_what_a_fault_needs(form: str) -> None:
    body = yaml.safe_load(_text(f".github/ISSUE_TEMPLATE/{form}.yml"))["body"]
    labels = " ".join(field["attributes"]["label"] for field in body)
    assert "sktools doctor --json" in labels
    assert "manifest.json" in labels


def test_the_workflow_runs_what_ci_runs_on_every_supported_python() -> None:
    job = yaml.safe_load(_text(".github/workflows/check.yaml"))["jobs"]["check"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert any("bash .ci/run" in step.get("run", "") for step in job["steps"])


def test_pages_that_contributing_links_to_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", _text("CONTRIBUTING.md")):
        assert (ROOT / target).is_file(), target
