"""What became of a hostile model file: accepted, refused by one clear line, or a bug."""

from __future__ import annotations

import hashlib
import re
import traceback
import warnings
from dataclasses import dataclass

from sktools.compiler import OPTIMIZE_LEVELS, CompiledModel, compile_model
from sktools.errors import ModelError
from tests.hostile.mutations import NAMES, hostile_file
from tests.hostile.seeds import seeds

MESSAGE_LENGTH = 400

_WEIGHTS_OF_NAMES = tuple(name.decode("latin-1") for name in NAMES if len(name) > 4)


@dataclass(frozen=True)
class Outcome:
    """model: where the file was accepted. bug: what must not be, "" where all is well."""

    number: int
    mutation: str
    content: bytes
    model: CompiledModel | None
    bug: str


def outcome(number: int) -> Outcome:
    """Makes the file of this number and compiles it at one of the levels. Warnings count as bugs."""
    name, content = hostile_file(number, seeds())
    level = OPTIMIZE_LEVELS[number // 7 % len(OPTIMIZE_LEVELS)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = compile_model(content, name="hostile", optimize=level)
    except ModelError as error:
        clear = "\n" not in error.message and 0 < len(error.message) <= MESSAGE_LENGTH and error.message.isprintable()
        return Outcome(number, name, content, None, "" if clear else f"unclear message: {error.message[:1000]!r}")
    except Exception:
        return Outcome(number, name, content, None, traceback.format_exc(limit=-4))
    return Outcome(number, name, content, model, _leak(model))


def _leak(model: CompiledModel) -> str:
    """A name of the file in the generated C."""
    text = "".join(model.sources.values())
    found = [name for name in _WEIGHTS_OF_NAMES if name in text]
    return f"the file's names reach the C: {found}" if found else ""


def essence(model: CompiledModel) -> str:
    """Tells models apart by their C, whatever the digest of their file."""
    text = "\n".join(model.sources[name] for name in sorted(model.sources)).replace(model.sha256, "")
    return hashlib.sha256(re.sub(r"(0x[0-9a-f]{2}(, |,\n\s*|,?\n))+", "", text).encode()).hexdigest()
