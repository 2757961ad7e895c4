"""Imports run one way only: a stage imports itself and earlier stages (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "sktools"

MAY_IMPORT: dict[str, set[str]] = {
    "foundation": set(),
    "datasets": {"foundation"},
    "features": {"foundation", "datasets"},
    "metrics": {"foundation", "datasets", "features"},
    "zoo": {"foundation"},
    "training": {"foundation", "zoo", "datasets", "features", "metrics"},
    "compiler": {"foundation"},
    "build": {"foundation", "compiler"},
    "link": {"foundation", "compiler", "build"},
    "boards": {"foundation", "compiler", "build", "link"},
    "profiling": {"foundation", "datasets", "features", "metrics", "compiler", "build", "link", "boards"},
    "reports": {"foundation", "metrics", "compiler", "build", "profiling"},
    "pipeline": {
        "foundation", "zoo", "datasets", "features", "metrics", "training", "compiler", "build", "link", "boards",
        "profiling", "reports",
    },
    "cli": {
        "foundation", "zoo", "datasets", "features", "metrics", "training", "compiler", "build", "link", "boards",
        "profiling", "reports", "pipeline",
    },
}  # fmt: skip
"""Stage -> the stages that it may import. 'foundation' is every module beside the folders."""


ENTRANCES = {"__main__": "cli", "__init__": "pipeline"}
"""`python -m sktools` and `import sktools` hand over to a stage and belong to it."""


def _stage(module: str) -> str:
    part = module.split(".")[1] if "." in module else "foundation"
    if part in ENTRANCES:
        return ENTRANCES[part]
    return part if part in MAY_IMPORT else "foundation"


def _imports(path: Path) -> set[str]:
    """Every sktools module that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from sktools import zoo` names a module too.
            found |= (
                {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "sktools" else {node.module}
            )
    return {name for name in found if name.startswith("sktools.") and (name != "sktools.__version__")}


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    own = _stage("sktools." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts))
    strange = {name for name in _imports(path) if _stage(name) not in {own, *MAY_IMPORT[own]}}
    assert strange == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_training_imports_tensorflow(path: Path) -> None:
    if path.is_relative_to(PACKAGE / "training"):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if name.split(".")[0] in ("tensorflow", "keras")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_console_prints(path: Path) -> None:
    # A module that runs by itself (python -m) talks to its user where it ends the process.
    if path == PACKAGE / "cli" / "console.py" or path == PACKAGE / "boards" / "cycle_count.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    writes = [call for call in calls if isinstance(call, ast.Attribute) and call.attr == "write"]
    assert not [call for call in writes if ast.unparse(call).startswith(("sys.stdout", "sys.stderr"))]


def test_the_page_shows_the_real_graph() -> None:
    imported: dict[str, set[str]] = {stage: set() for stage in MAY_IMPORT}
    for path in FILES:
        own = _stage("sktools." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts))
        imported[own] |= {_stage(name) for name in _imports(path)} - {own, "foundation"}
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \|.*\|(.*)\|$", page, re.MULTILINE)
    told = {stage: set(re.findall(r"`(\w+)`", last)) for stage, last in table}
    assert told == {stage: names for stage, names in imported.items() if stage != "foundation"}
    foundation = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert all(f"`{name}`" in page for name in foundation)
