""".tflite bytes in, CompiledModel out: read, check, lower to steps, plan the arena, print the C."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sktools.compiler.choice import OPTIMIZE_LEVELS, chooser
from sktools.compiler.compiled import CONTRACT, CompiledModel, Layer, TensorSpec
from sktools.compiler.costs import shipped_costs
from sktools.compiler.emit import identifier_of, render_sources
from sktools.compiler.graph import Graph, Operator, Tensor
from sktools.compiler.kernel_files import kernel_files
from sktools.compiler.kernels.fusions import FUSIONS, SMALLER
from sktools.compiler.lowering import Choice, lower
from sktools.compiler.naming import LayerName, name_layers
from sktools.compiler.ops import Op, parse_operator
from sktools.compiler.ops.unsupported import STATIC
from sktools.compiler.passes import load_graph
from sktools.compiler.passes.leave_edges_to_host import edge_notes
from sktools.compiler.planner import Placement, Step, place_tensors
from sktools.compiler.spare import use_spare_arena
from sktools.errors import ModelError, UsageError


def compile_model(
    tflite: bytes, *, name: str, optimize: str = "balanced", costs: Mapping[str, int] | None = None
) -> CompiledModel:
    """Compile an int8 .tflite ahead of time to C.

    name: becomes part of C comments and the HELLO message, reduced to letters, digits and "_". costs: model cycles by
    cost_key (default: the shipped table).
    Raises ModelError for a damaged file or what is not supported, UsageError for an unknown level.
    """
    if optimize not in OPTIMIZE_LEVELS:
        raise UsageError(f"unknown optimization level {optimize!r}; one of {', '.join(OPTIMIZE_LEVELS)}")
    choose = chooser(optimize, shipped_costs() if costs is None else costs)
    return compile_with(tflite, name, choose, fuse=optimize != "none", optimize=optimize)[0]


def compile_with(
    tflite: bytes, name: str, choose: Choice, *, fuse: bool, optimize: str
) -> tuple[CompiledModel, tuple[Step, ...]]:
    """compile_model with a choice of kernels of one's own; also the steps, whose calls are what was chosen."""
    graph = load_graph(tflite, observable=not fuse)
    source, output = _edge(graph.tensors[graph.input], "input"), _edge(graph.tensors[graph.output], "output")
    ops = tuple(_parsed(graph))
    names = name_layers(ops)
    steps = lower(ops, names, graph, choose, FUSIONS, fuse=fuse)
    sizes = {index: tensor.elements for index, tensor in graph.tensors.items()}
    tensor_names = {op.output.index: layer.layer for op, layer in zip(ops, names, strict=True)}

    def place(candidates: Sequence[Step]) -> Placement:
        return place_tensors(candidates, sizes, tensor_names, graph.input, graph.output)

    if fuse:
        steps, placement = use_spare_arena(steps, choose, place, SMALLER)
    else:
        placement = place(steps)
    layers = _layers(graph, ops, names, steps)
    digest = hashlib.sha256(tflite).hexdigest()
    model = identifier_of(name)
    compiled = CompiledModel(
        name=model,
        sha256=digest,
        input=source,
        output=output,
        layers=layers,
        step_count=len(steps),
        plan=placement.plan,
        sources=render_sources(
            name=model,
            sha256=digest,
            contract=CONTRACT,
            source=source,
            output=output,
            layers=layers,
            steps=steps,
            placement=placement,
        ),
        kernels=kernel_files(step.call.header for step in steps),
        model_bytes=sum(table.size for step in steps for table in step.call.tables),
        optimize=optimize,
        notes=edge_notes(graph),
        output_layer=next(position for position, layer in enumerate(layers) if layer.tensor == graph.output),
    )
    return compiled, steps


def _parsed(graph: Graph) -> Iterator[Op]:
    """A refusal of a file with an open batch says so: the conversion stores shapes for it that cannot be right."""
    for operator in graph.operators:
        try:
            yield parse_operator(operator, graph)
        except ModelError as error:
            if graph.open_batch and "batch_size=1" not in error.hint:
                raise ModelError(error.message, f"the file's batch is open; {STATIC}") from error
            raise


def _edge(tensor: Tensor, what: str) -> TensorSpec:
    if tensor.dtype != "INT8" or tensor.quantization is None or len(tensor.quantization.scale) != 1:
        raise ModelError(
            f"the model's {what} is {tensor.dtype} and the network not int8; int8 quantized per tensor is supported",
            "convert with a representative data set and tf.lite.OpsSet.TFLITE_BUILTINS_INT8: docs/own-model.md",
        )
    return TensorSpec(tensor.shape, tensor.scale, tensor.zero_point)


def _layers(graph: Graph, ops: Sequence[Op], names: Sequence[LayerName], steps: Sequence[Step]) -> tuple[Layer, ...]:
    """Every operator of the file; what a pass folded into another is a layer without an activation of its own."""
    macs = {_worker(op): op.macs() for op in ops}
    layers = []
    for op, name in zip(ops, names, strict=True):
        number = next(position for position, step in enumerate(steps) if op.operator.index in step.members)
        step = steps[number]
        owner = max(step.members, key=lambda member: (macs.get(member, -1), -member))
        observable = op.output.index in step.left_behind
        own = Layer(
            index=op.operator.index,
            name=name.layer,
            block=name.block,
            op=op.operator.file_op or op.operator.op,
            macs=macs.get(op.operator.index, 0),
            tensor=op.output.index,
            output=TensorSpec(op.output.shape, op.output.scale, op.output.zero_point),
            step=number,
            cost_owner=op.operator.index == owner,
            observable=observable,
            output_bytes=op.output.elements if observable else 0,
            kernel="",
        )
        rows = [own, *(_folded_layer(graph, folded, own, macs, owner) for folded in op.operator.folded)]
        layers += [replace(row, kernel=step.call.kernel) if row.cost_owner else row for row in rows]
    return tuple(sorted(layers, key=lambda layer: layer.index))


def _worker(op: Op) -> int:
    """The file's operator that the MACs are booked on: the convolution, where a pass folded others around it."""
    same = [folded.index for folded in op.operator.folded if op.operator.file_op and folded.op == op.operator.op]
    return same[-1] if same else op.operator.index


def _folded_layer(graph: Graph, operator: Operator, into: Layer, macs: Mapping[int, int], owner: int) -> Layer:
    """A layer without an activation of its own; scale 0 where its tensor is not int8."""
    tensor = graph.tensors[operator.outputs[0]]
    scaled = tensor.quantization is not None
    return replace(
        into,
        index=operator.index,
        name=f"{into.block}/{operator.op.lower()}_{operator.index}",
        op=operator.op,
        macs=macs.get(operator.index, 0),
        tensor=tensor.index,
        output=TensorSpec(tensor.shape, tensor.scale if scaled else 0.0, tensor.zero_point if scaled else 0),
        cost_owner=operator.index == owner,
        observable=False,
        output_bytes=0,
    )
