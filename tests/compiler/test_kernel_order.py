"""No file's name and no order of imports decides which kernel computes a step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.followed_page import ROOT, copy_project
from tests.support.zoo_kernels import zoo_kernels

KERNELS = Path("sktools", "compiler", "kernels")
ROOMS = ("arithmetic", "fast", "plain")


def in_new_process(folder: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.zoo_kernels", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert Path(result["package"]).is_relative_to(folder)
    return result


@pytest.fixture(scope="module")
def kernels() -> dict[str, list[str]]:
    return zoo_kernels()


def test_the_order_of_registration_has_no_effect(kernels: dict[str, list[str]]) -> None:
    shuffled = in_new_process(ROOT, "7")
    assert shuffled["order"] != sorted(shuffled["order"])
    assert shuffled["kernels"] == kernels


def test_the_names_of_the_modules_have_no_effect(kernels: dict[str, list[str]], tmp_path: Path) -> None:
    copy_project(tmp_path)
    turned = turn_names_around(tmp_path)
    renamed = in_new_process(tmp_path)
    assert set(renamed["order"]) == turned
    assert renamed["kernels"] == kernels


def turn_names_around(folder: Path) -> set[str]:
    """Renames the modules of each room of kernels/ so that the last in the alphabet is the first; fast/'s new names."""
    new_names = {}
    for room in ROOMS:
        modules = sorted(path.stem for path in (folder / KERNELS / room).glob("[!_]*.py"))
        for number, name in enumerate(reversed(modules)):
            new_names[f"kernels.{room}.{name}"] = f"kernels.{room}.m{number:02d}_{name}"
            path = folder / KERNELS / room / f"{name}.py"
            path.rename(path.with_stem(f"m{number:02d}_{name}"))
    imported = re.compile(r"\bkernels\.(?:" + "|".join(ROOMS) + r")\.\w+")
    for path in (folder / "sktools").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(imported.sub(lambda found: new_names.get(found[0], found[0]), text), encoding="utf-8")
    return {name.rpartition(".")[2] for old, name in new_names.items() if old.startswith("kernels.fast.")}
