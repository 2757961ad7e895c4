"""Follows a page of docs/ in a copy of the project, as a reader would: every step, in order, word for word."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("sktools", "firmware", "templates", "tests", "pyproject.toml")

_STEP = re.compile(r"^## \d+\. ", re.MULTILINE)
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """language: "sh" runs; file: what the block is or, for methods, is put into; "" and not "sh": only an example."""

    language: str
    file: str
    text: str


def numbered_steps(page: Path) -> list[list[Block]]:
    """The code blocks of each step, headed "## 1. ..."."""
    steps = _STEP.split(page.read_text(encoding="utf-8"))[1:]
    return [[Block(*found) for found in _BLOCK.findall(step)] for step in steps]


def copy_project(folder: Path) -> None:
    """What a contributor's checkout has of code; firmware/ and templates/ are parts of the package too."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source, target = ROOT / name, folder / name
        shutil.copytree(source, target, ignore=ignore) if source.is_dir() else shutil.copy(source, target)
    for name in ("firmware", "templates"):
        (folder / "sktools" / name).symlink_to(folder / name)
    (folder / "sktools" / "models").symlink_to(ROOT / "models")


def follow(page: Path, folder: Path) -> list[str]:
    """The output of each command. Raises AssertionError, with the output, for a command that fails."""
    outputs = []
    for step in numbered_steps(page):
        for block in step:
            if block.language == "sh":
                outputs.append(_run(block.text, folder))
            elif block.file:
                _write(folder / block.file, block.text)
    return outputs


def _run(commands: str, folder: Path) -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _write(path: Path, text: str) -> None:
    """A new file, or in one that exists the functions that the block defines."""
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        return
    for new in ast.parse(textwrap.dedent(text)).body:
        assert isinstance(new, ast.FunctionDef), f"{path.name} exists: a block for it holds methods only"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        nodes = [node for node in ast.walk(ast.parse("".join(lines))) if isinstance(node, ast.FunctionDef)]
        (old,) = (node for node in nodes if node.name == new.name)
        first = min([old, *old.decorator_list], key=lambda node: node.lineno).lineno - 1
        block = textwrap.dedent(text).splitlines()
        start = min([new, *new.decorator_list], key=lambda node: node.lineno).lineno - 1
        indented = textwrap.indent("\n".join(block[start : new.end_lineno]), " " * old.col_offset)
        lines[first : old.end_lineno] = [f"{indented}\n"]
        path.write_text("".join(lines), encoding="utf-8")
