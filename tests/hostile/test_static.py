"""What no line of sktools may do with what comes from outside: unpickle, evaluate, or hand it to a shell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "sktools"
FILES = sorted(PACKAGE.rglob("*.py"))

MODULES = {"pickle", "cPickle", "dill", "marshal", "shelve", "cloudpickle", "xml.etree", "xml.dom", "xml.sax", "lxml"}
CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load",
         "yaml.full_load", "joblib.load", "tempfile.mktemp", "torch.load", "enable_unsafe_deserialization",
         "keras.config.enable_unsafe_deserialization"}  # fmt: skip
NEEDS = {
    "np.load": ("allow_pickle", False),
    "numpy.load": ("allow_pickle", False),
    "load_model": ("safe_mode", True),
    "deserialize_keras_object": ("safe_mode", True),
}
"""Call, or its last word -> keyword that must be given so. (No .keras file is loaded at all so far.)"""


def findings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        for name in names:
            if any(name == module or name.startswith(f"{module}.") for module in MODULES):
                yield f"line {node.lineno}: imports {name}"  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            yield from _call(node)


def _call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if name in CALLS:
        yield f"line {node.lineno}: calls {name}"
    shell = keywords.get("shell")
    if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
        yield f"line {node.lineno}: {name} with a shell"
    needed = NEEDS.get(name) or NEEDS.get(name.rpartition(".")[2])
    if needed:
        keyword, value = needed
        given = keywords.get(keyword)
        if not (isinstance(given, ast.Constant) and given.value is value):
            yield f"line {node.lineno}: {name} without {keyword}={value}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_unpickled_evaluated_or_given_to_a_shell(path: Path) -> None:
    assert list(findings(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from xml.etree import ElementTree", "eval('1')", "np.load(f)", "np.load(f, allow_pickle=True)",
     "subprocess.run(x, shell=True)", "yaml.load(x)", "keras.models.load_model(p)",
     "tf.keras.saving.load_model(p, safe_mode=False)", "enable_unsafe_deserialization()"],
)  # fmt: skip
def test_the_search_finds_what_it_looks_for(code: str) -> None:
    assert list(findings(ast.parse(code)))
