"""Choices: the option, then SKTOOLS_* in the environment, then sktools.yaml in the working folder, then a default."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sktools.cli.console import console
from sktools.cli.trust import check
from sktools.errors import UsageError
from sktools.strict_yaml import read_yaml, suggest

FILE = "sktools.yaml"
DEFAULTS: Mapping[str, str | None] = {
    "board": "virtual",
    "port": None,
    "baud": None,
    "probe": None,
    "engine": "aot",
    "results": "results",
    "optimize": "balanced",
    "dataset": "synthetic",
    "data": None,
    "sdk": None,
    "zoo_url": None,
}
"""Every choice that the environment and sktools.yaml may make, with its default; None: decided later."""
EVB = "apollo4p_evb"
"""The board that is meant where only one on a desk will do and none such is named."""


@dataclass(frozen=True)
class Choice:
    """A value and where it came from: 'option', 'SKTOOLS_BOARD', 'sktools.yaml' or 'default'."""

    value: str | None
    source: str


def choose(
    name: str, option: object, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Choice:
    """The value of one choice. environment, folder: os.environ and the working directory where not given.

    Raises UsageError for an unknown key or a wrong value in sktools.yaml.
    """
    variables = os.environ if environment is None else environment
    variable = f"SKTOOLS_{name.upper()}"
    if option is not None:
        choice = Choice(str(option), "option")
    elif variables.get(variable):
        choice = Choice(variables[variable], variable)
    else:
        written = _file((folder or Path.cwd()) / FILE)
        choice = Choice(written[name], FILE) if name in written else Choice(DEFAULTS[name], "default")
    if choice.value is not None:
        console.choice(name, choice.value, choice.source)
    return choice


def text(name: str, option: object = None) -> str:
    """The value of a choice that has a default."""
    value = choose(name, option).value
    if value is None:
        raise UsageError(f"no {name} was named", f"--{name} or SKTOOLS_{name.upper()}")
    return value


def optional(name: str, option: object = None) -> str | None:
    """The value of a choice that may be open."""
    return choose(name, option).value


def number(name: str, option: object = None) -> int | None:
    """The value of a choice that is a whole number. Raises UsageError where it is something else."""
    choice = choose(name, option)
    if choice.value is None:
        return None
    return _parsed(choice, name, int)


def _parsed(choice: Choice, name: str, kind: Callable[[str], int]) -> int:
    try:
        return kind(choice.value or "")
    except ValueError as error:
        raise UsageError(f"{name} '{choice.value}' ({choice.source}) is no whole number") from error


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> Mapping[str, str]:
    document = read_yaml(path)
    found = {}
    for key, value in document.items():
        if key not in DEFAULTS:
            raise UsageError(f"{path}: key '{key}' is unknown; {suggest(str(key), DEFAULTS)}")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise UsageError(f"{path}: {key} is {type(value).__name__}, expected text or a whole number")
        found[key] = str(value)
    return found


def _file(path: Path) -> Mapping[str, str]:
    if not path.is_file():
        return {}
    document = _read(path, path.stat().st_mtime_ns)
    check(path, document)
    return document
