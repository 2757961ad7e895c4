"""YAML into frozen dataclasses: unknown keys, missing keys and wrong types are refused, naming what is known."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import math
import re
import reprlib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sktools.errors import UsageError

T = TypeVar("T")

MAX_FILE_BYTES = 1 << 20
MAX_DEPTH = 50
"""Of a configuration that people write."""


def suggest(word: str, known: Iterable[str]) -> str:
    """One phrase that names the nearest known word, or all of them where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"


def read_yaml(path: Path) -> Mapping[str, Any]:
    """The mapping at the top of a YAML file: plain data, without aliases, which can make a small file a huge one.

    Raises UsageError where the file is not there, is not such YAML or holds something else.
    """
    import yaml

    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UsageError(f"{path}: has more than {MAX_FILE_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text") from error
    try:
        _check_tokens(path, yaml.scan(text))
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}: is not valid YAML{where}: {_word(getattr(error, 'problem', error))}") from error
    except (ValueError, OverflowError) as error:  # of a scalar: a date that is none, a number of thousands of digits
        raise UsageError(f"{path}: is not valid YAML: {_word(error)}") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path}: holds {type(document).__name__}, expected a mapping of keys to values")
    return document


def _check_tokens(path: Path, tokens: Iterable[Any]) -> None:
    """Refuses what makes a small file a huge one, or its parser slow."""
    import yaml

    opening = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken, yaml.BlockMappingStartToken,
               yaml.BlockSequenceStartToken)  # fmt: skip
    closing = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)
    depth = 0
    for token in tokens:
        depth += isinstance(token, opening) - isinstance(token, closing)
        line = token.start_mark.line + 1
        if isinstance(token, yaml.AliasToken):
            raise UsageError(f"{path}: line {line} has an alias (*), which is not supported")
        if isinstance(token, yaml.ScalarToken) and re.search("[\0\ud800-\udfff]", token.value):
            raise UsageError(f"{path}: line {line} has a character that is no text (a zero, or half a surrogate pair)")
        if depth > MAX_DEPTH:
            raise UsageError(f"{path}: is not valid YAML at line {line}: nested more than {MAX_DEPTH} deep")


def parse(kind: type[T], document: object, where: str) -> T:
    """A frozen dataclass from plain YAML values.

    kind: the dataclass. Nested dataclasses, Mapping, tuple[X, ...], Optional and the scalars are understood.
    where: how messages name the place, such as 'config.yaml: network'.
    Raises UsageError for an unknown or missing key and for a value of another type.
    """
    if not isinstance(document, dict):
        raise UsageError(f"{where}: is {_kind_of(document)}, expected a mapping of keys to values")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}  # type: ignore[arg-type]
    for key in document:
        if key not in fields:
            raise UsageError(f"{where}: unknown key '{_word(key)}'; {suggest(_word(key), fields)}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in document:
            values[name] = _convert(hints[name], document[name], f"{where}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UsageError(f"{where}: key '{name}' is missing")
    try:
        return kind(**values)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", error.hint) from error


def plain(value: object) -> Any:
    """A dataclass tree as dicts, lists and scalars, ready for JSON or YAML."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _word(value: object) -> str:
    """Any text as a short piece of one line."""
    text = " ".join(str(value).split())
    return (text if text.isprintable() else ascii(text)[1:-1])[:80]


def _kind_of(value: object) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {_word(reprlib.repr(value))}"


def _convert(hint: Any, value: object, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        rest = [argument for argument in arguments if argument is not type(None)]
        return _convert(rest[0], value, where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise UsageError(f"{where}: is {_kind_of(value)}, expected a list")
        return tuple(_convert(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise UsageError(f"{where}: is {_kind_of(value)}, expected a mapping")
        return {
            _convert(arguments[0], key, f"{where} key"): _convert(arguments[1], item, f"{where}.{_word(key)}")
            for key, item in value.items()
        }
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return parse(hint, value, where)
    if hint is float and isinstance(value, int | float | str) and not isinstance(value, bool):
        # YAML 1.1 reads 1e-3 as a string: a number without a dot.
        with contextlib.suppress(ValueError, OverflowError):
            number = float(value)
            if math.isfinite(number):
                return number
        raise UsageError(f"{where}: is {_kind_of(value)}, expected a finite number")
    if isinstance(value, hint) and not (hint in (int, float) and isinstance(value, bool)):
        return value
    raise UsageError(f"{where}: is {_kind_of(value)}, expected {hint.__name__}")
