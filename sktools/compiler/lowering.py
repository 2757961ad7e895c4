"""Operators to steps: aliases join their producer, fusions take several operators, variants compete for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sktools.compiler.call import Call
from sktools.compiler.emit import identifier_of
from sktools.compiler.graph import Graph
from sktools.compiler.naming import LayerName
from sktools.compiler.ops import Op
from sktools.compiler.planner import Step


@dataclass(frozen=True)
class Lowering:
    """What a fusion sees: every operator of the network in order with its name, and where it stands."""

    ops: Sequence[Op]
    names: Sequence[LayerName]
    graph: Graph
    position: int

    @property
    def op(self) -> Op:
        return self.ops[self.position]

    def prefix(self, ahead: int = 0) -> str:
        """The C identifier that starts the names of an operator's tables."""
        return identifier_of(self.names[self.position + ahead].layer)

    def only_consumer(self, tensor: int) -> bool:
        """True where one operator reads the tensor and it is not the model's output."""
        return len(self.graph.consumers(tensor)) == 1 and tensor != self.graph.output

    def only_reader(self) -> int | None:
        """How far ahead stands the one operator that reads what this one leaves, reshapes on the way looked through.

        None where several do, or where it does not follow at once.
        """
        tensor = self.op.output.index
        for ahead, following in enumerate(self.ops[self.position + 1 :], start=1):
            if not self.only_consumer(tensor) or all(source.index != tensor for source in following.inputs):
                return None
            if not following.is_alias:
                return ahead
            tensor = following.output.index
        return None


Variant = Callable[[Op, str], Call | None]
"""A kernel for one operator; prefix for its tables. None: not for this shape or arithmetic."""

Fusion = Callable[[Lowering], tuple[int, Call] | None]
"""A kernel for several operators from `position` on: how many, and the call that leaves the last one's activation."""

_VARIANTS: dict[str, list[Variant]] = {}
_FUSIONS: list[Fusion] = []


def variant(op: str) -> Callable[[Variant], Variant]:
    """Function decorator: a further kernel for the named operator."""

    def decorate(function: Variant) -> Variant:
        _VARIANTS.setdefault(op, []).append(function)
        return function

    return decorate


def fusion(function: Fusion) -> Fusion:
    """Function decorator: a kernel that computes several operators in one step."""
    _FUSIONS.append(function)
    return function


Choice = Callable[[Sequence[Call]], Call]
"""Picks among kernels that compute the same bytes; the plain one comes first."""


def members_of(op: Op) -> tuple[int, ...]:
    """The file's operators that this one stands for, its own last."""
    return (*(folded.index for folded in op.operator.folded), op.operator.index)


def lower(
    ops: Sequence[Op], names: Sequence[LayerName], graph: Graph, choose: Choice, *, fuse: bool
) -> tuple[Step, ...]:
    """Steps in execution order. fuse: False keeps one step an operator, each activation observable."""
    steps: list[Step] = []
    step_of: dict[int, int] = {}
    # A reshape of the model's input costs nothing: it waits for the step that reads it.
    pending: tuple[int, ...] = ()
    views: tuple[tuple[int, int], ...] = ()
    position = 0
    while position < len(ops):
        op = ops[position]
        source = op.inputs[0].index
        if op.is_alias and source in step_of:
            number = step_of[source]
            old = steps[number]
            steps[number] = replace(
                old,
                members=(*old.members, *members_of(op)),
                aliases=(*old.aliases, (op.output.index, source)),
            )
            step_of[op.output.index] = number
            position += 1
            continue
        if fuse and op.is_alias and source == graph.input and op.output.index != graph.output:
            pending, views = (*pending, *members_of(op)), (*views, (op.output.index, source))
            position += 1
            continue
        taken, call = _call_at(Lowering(ops, names, graph, position), choose, fuse)
        members = tuple(index for member in ops[position : position + taken] for index in members_of(member))
        step_of[ops[position + taken - 1].output.index] = len(steps)
        steps.append(Step((*pending, *members), call, views))
        pending, views = (), ()
        position += taken
    return tuple(steps)


def _call_at(at: Lowering, choose: Choice, fuse: bool) -> tuple[int, Call]:
    if fuse:
        for candidate in _FUSIONS:
            found = candidate(at)
            if found is not None:
                return found
    others = [function(at.op, at.prefix()) for function in _VARIANTS.get(at.op.operator.op, ())]
    return 1, choose([at.op.lower(at.prefix()), *(call for call in others if call is not None)])
