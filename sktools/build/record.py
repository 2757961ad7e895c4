"""model.json: what a built folder knows of its model, so that flash and profile work from the folder alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sktools.compiler.compiled import Buffer, CompiledModel, Layer, MemoryPlan, TensorSpec
from sktools.errors import BuildError

FILE = "model.json"
VERSION = 1


def to_json(model: CompiledModel, build: Mapping[str, object]) -> str:
    """The text of model.json. build: facts of the build (board, engine, flags), kept as they are under "build"."""
    description = dataclasses.asdict(dataclasses.replace(model, sources={}))
    del description["sources"]  # they stand in src/model/
    return json.dumps({"version": VERSION, "model": description, "build": dict(build)}, indent=1) + "\n"


def from_json(path: Path, sources: Mapping[str, str]) -> tuple[CompiledModel, dict[str, Any]]:
    """Reads model.json back: the model, and the build's facts.

    Raises BuildError where it is missing, damaged or of another version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document["version"]
    except FileNotFoundError as error:
        raise BuildError(f"{path.parent} is no built firmware: it has no {FILE}", "sktools build-fw MODEL") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BuildError(f"{path} cannot be read: {error}", "build it again: sktools build-fw MODEL") from error
    if version != VERSION:
        raise BuildError(f"{path} has version {version}, this sktools reads {VERSION}", "sktools build-fw MODEL")
    try:
        return _model(document["model"], sources), dict(document["build"])
    except (KeyError, TypeError, ValueError) as error:
        raise BuildError(f"{path} is damaged: {error}", "build it again: sktools build-fw MODEL") from error


def _model(fields: dict[str, Any], sources: Mapping[str, str]) -> CompiledModel:
    plan = fields["plan"]
    return CompiledModel(
        **{
            **fields,
            "input": _tensor(fields["input"]),
            "output": _tensor(fields["output"]),
            "layers": tuple(Layer(**{**layer, "output": _tensor(layer["output"])}) for layer in fields["layers"]),
            "plan": MemoryPlan(**{**plan, "buffers": tuple(Buffer(**buffer) for buffer in plan["buffers"])}),
            "sources": dict(sources),
            "kernels": tuple(fields["kernels"]),
            "notes": tuple(fields["notes"]),
        }
    )


def _tensor(fields: dict[str, Any]) -> TensorSpec:
    return TensorSpec(**{**fields, "shape": tuple(fields["shape"])})
