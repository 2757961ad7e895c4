"""Operators to steps: aliases join their producer, fusions take several operators, variants compete for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

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


Variant = Callable[[Any, str], Call | None]
"""A kernel for one operator, of the class that it is registered for; prefix for its tables. None: not for this shape or
arithmetic."""

Fusion = Callable[[Lowering], tuple[int, Call] | None]
"""A kernel for several operators from `position` on: how many, and the call that leaves the last one's activation."""

V = TypeVar("V", bound=Variant)
_VARIANTS: dict[type[Op], dict[int, Variant]] = {}


def variant(*classes: type[Op], rank: int) -> Callable[[V], V]:
    """Function decorator: a further kernel for operators of these classes.

    rank: if cycles were not measured, the highest rank wins among the kernels that apply; the plain one has rank 0.
    Raises ValueError if another kernel has that rank.
    """

    def decorate(function: V) -> V:
        for operator in classes:
            ranked = _VARIANTS.setdefault(operator, {})
            if rank < 1 or rank in ranked:
                raise ValueError(f"{function.__name__} needs a rank of its own for {operator.__name__}, from 1 on")
            ranked[rank] = function
        return function

    return decorate


def candidates(op: Op, prefix: str) -> list[Call]:
    """The calls that could compute an operator: the plain one, then the others by rank."""
    ranked = sorted(_VARIANTS.get(type(op), {}).items())
    found = (function(op, prefix) for _, function in ranked)
    return [op.lower(prefix), *(call for call in found if call is not None)]


Choice = Callable[[Sequence[Call]], Call]
"""Picks among kernels that compute the same bytes: the plain one comes first, then the others by rank."""


def members_of(op: Op) -> tuple[int, ...]:
    """The file's operators that this one stands for, its own last."""
    return (*(folded.index for folded in op.operator.folded), op.operator.index)


def lower(
    ops: Sequence[Op],
    names: Sequence[LayerName],
    graph: Graph,
    choose: Choice,
    fusions: Sequence[Fusion],
    *,
    fuse: bool,
) -> tuple[Step, ...]:
    """Steps in execution order.

    fusions: in the order in which they are tried. fuse: False keeps one step per operator, each activation observable.
    """
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
        taken, call = _call_at(Lowering(ops, names, graph, position), choose, fusions if fuse else ())
        members = tuple(index for member in ops[position : position + taken] for index in members_of(member))
        step_of[ops[position + taken - 1].output.index] = len(steps)
        steps.append(Step((*pending, *members), call, views))
        pending, views = (), ()
        position += taken
    return tuple(steps)


def _call_at(at: Lowering, choose: Choice, fusions: Sequence[Fusion]) -> tuple[int, Call]:
    for fusion in fusions:
        found = fusion(at)
        if found is not None:
            return found
    return 1, choose(candidates(at.op, at.prefix()))
