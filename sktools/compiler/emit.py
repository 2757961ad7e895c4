"""Prints the C of a model from templates/model/: one function per step, a list of layers, tables of constants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files

import numpy as np

from sktools.compiler.call import Call, Table
from sktools.compiler.compiled import Layer, TensorSpec
from sktools.compiler.planner import Place, Placement, Region, Step


@dataclass(frozen=True)
class StepText:
    """A step as the template prints it: C identifier, comment lines, constant struct and arguments."""

    identifier: str
    comments: tuple[str, ...]
    struct: str
    members: tuple[tuple[str, str], ...]
    function: str
    arguments: tuple[str, ...]
    layer: int


@dataclass(frozen=True)
class LayerText:
    """A row of the layer table in C."""

    layer: Layer
    output: str


def identifier_of(name: str) -> str:
    """A C identifier from a layer or model name; never empty, never starting with a digit."""
    text = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return text if text and not text[0].isdigit() else f"m_{text}"


def render_sources(
    *,
    name: str,
    sha256: str,
    contract: str,
    source: TensorSpec,
    output: TensorSpec,
    layers: Sequence[Layer],
    steps: Sequence[Step],
    placement: Placement,
) -> Mapping[str, str]:
    """File name -> C text of model.c, weights.c and weights.h."""
    import jinja2

    folder = files("sktools.templates") / "model"
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=jinja2.FunctionLoader(lambda file: (folder / file).read_text(encoding="utf-8")),
    )
    tables = [table for step in steps for table in step.call.tables]
    context = {
        "name": name,
        "digest": sha256,
        "digest_bytes": [f"0x{sha256[i : i + 2]}" for i in range(0, 64, 2)],
        "contract": contract,
        "input": source,
        "output": output,
        "arena_bytes": placement.plan.arena_bytes,
        "lower_bound": placement.plan.lower_bound,
        "headers": sorted({step.call.header for step in steps}),
        "steps": [_step_text(number, step, layers, placement) for number, step in enumerate(steps)],
        "layers": [LayerText(layer, _layer_output(layer, placement)) for layer in layers],
        "tables": [(table, _rows(table)) for table in tables],
    }
    names = ("model.c", "weights.c", "weights.h")
    return {file: environment.get_template(f"{file}.j2").render(context) for file in names}


def _step_text(number: int, step: Step, layers: Sequence[Layer], placement: Placement) -> StepText:
    members = [layers[index] for index in step.members]
    identifier = f"step_{number:02d}_{identifier_of(members[-1].name)}"
    observable = [layer.index for layer in members if layer.observable]
    return StepText(
        identifier=identifier,
        comments=tuple(_comment(layer) for layer in members),
        struct=step.call.struct,
        members=tuple((member, _member(value)) for member, value in step.call.members.items()),
        function=step.call.function,
        arguments=tuple(_arguments(step.call, placement, placement.scratch[number])),
        layer=observable[-1] if observable else -1,
    )


def _comment(layer: Layer) -> str:
    shape = " x ".join(str(extent) for extent in layer.output.shape)
    fused = "" if layer.observable else ", fused"
    return f"layer {layer.index}: {layer.name}, {layer.op} -> {shape}, {layer.macs:,} MAC{fused}"


def _member(value: int | Table) -> str:
    if isinstance(value, Table):
        return value.name
    if isinstance(value, IntEnum):  # Requantizer.FITTED is SK_REQUANTIZER_FITTED
        return f"SK_{type(value).__name__.upper()}_{value.name}"
    return str(value)


def _arguments(call: Call, placement: Placement, scratch: int | None) -> list[str]:
    arguments = [
        operand.name if isinstance(operand, Table) else _pointer(placement.places[operand]) for operand in call.inputs
    ]
    arguments.append(_pointer(placement.places[call.output]))
    if scratch is not None:
        arguments.append(f"SCRATCH({scratch})")
    return arguments


def _pointer(place: Place) -> str:
    if place.region is Region.ARENA:
        return f"ARENA({place.offset})"
    return f"sk_{place.region.value}"


def _layer_output(layer: Layer, placement: Placement) -> str:
    return _pointer(placement.places[layer.tensor]) if layer.observable else "NULL"


def _rows(table: Table) -> Iterator[str]:
    """Values in lines of 16 (int8), 10 (int16) or 6 (int32); one at a time, for the sake of large models."""
    values = np.ravel(table.values)
    width = {1: 16, 2: 10}.get(values.dtype.itemsize, 6)
    for start in range(0, len(values), width):
        yield ", ".join(_literal(value) for value in values[start : start + width].tolist()) + ","


def _literal(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(value)
