"""What the host does at the model's edges: QUANTIZE and DEQUANTIZE, and a SOFTMAX or LOG_SOFTMAX at the end.

A conversion that leaves inference_input_type and inference_output_type unset, or sets them to uint8, begins with
QUANTIZE and ends with DEQUANTIZE or QUANTIZE. The host quantizes features anyway, so the int8 tensors between are the
model's input and output, and every byte of them is what it was.
"""

from __future__ import annotations

from dataclasses import replace

from sktools.compiler.graph import Graph, Operator, Tensor

UINT8_OFFSET = 128
"""Between the zero points of the same numbers in uint8 and int8."""
_PROBABILITIES = ("SOFTMAX", "LOG_SOFTMAX")
MOST_ENDS = 3
"""A SOFTMAX or LOG_SOFTMAX, on int8 or float32, and what gives its operand and its result another type."""
_FIRST, _LAST = "QUANTIZE", ("QUANTIZE", "DEQUANTIZE", "SOFTMAX", "LOG_SOFTMAX")


def leave_edges_to_host(graph: Graph) -> Graph:
    """The int8 network of a graph; what was taken off it stands in `at_host`, and the rest is counted anew from 0.

    A QUANTIZE between int8 tensors, or to other numbers than the same in uint8, stays where it is.
    """
    operators, source, output = list(graph.operators), graph.input, graph.output
    at_host: list[Operator] = []
    readers = graph.consumers(source)
    if len(operators) > 1 and len(readers) == 1 and _quantizes_input(graph, readers[0]):
        operators.remove(readers[0])
        at_host.append(readers[0])
        source = readers[0].outputs[0]
    ends: list[Operator] = []
    whole, whole_output = list(operators), output
    while len(operators) > 1 and len(ends) < MOST_ENDS:
        last = next((operator for operator in operators if output in operator.outputs), None)
        if last is None or last.inputs[0] == source or any(output in operator.inputs for operator in operators):
            break
        if not _answers_only(graph, last):
            break
        operators.remove(last)
        ends.insert(0, last)
        output = last.inputs[0]
    if graph.tensors[output].dtype == "FLOAT32":  # a float tail that no int8 network precedes
        operators, output, ends = whole, whole_output, []
    if not at_host and not ends:
        return graph
    return replace(
        graph,
        operators=tuple(replace(operator, index=index) for index, operator in enumerate(operators)),
        input=source,
        output=output,
        at_host=(*at_host, *ends),
    )


def edge_notes(graph: Graph) -> tuple[str, ...]:
    """What a reader of the results must know of the operators that were left to the host; one line, or none."""
    if not graph.at_host:
        return ()
    softmax = next((operator.op for operator in graph.at_host if operator.op in _PROBABILITIES), "")
    named = ", ".join(
        f"{operator.op} ({_type(graph, operator.inputs[0])} to {_type(graph, operator.outputs[0])})"
        for operator in graph.at_host
    )
    more = f"; the output is what {softmax} reads: logits, whose largest is the largest probability" if softmax else ""
    return (f"left to the host: {named}; the model's input and output are the int8 tensors between{more}",)


def _type(graph: Graph, tensor: int) -> str:
    return graph.tensors[tensor].dtype.lower()


def _quantizes_input(graph: Graph, operator: Operator) -> bool:
    if operator.op != _FIRST or len(operator.inputs) != 1 or len(operator.outputs) != 1:
        return False
    source, result = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    return source.shape == result.shape and _is_int8(result) and (source.dtype == "FLOAT32" or _same(source, result))


def _answers_only(graph: Graph, operator: Operator) -> bool:
    """True where the operator does nothing but put the int8 tensor before it into another form."""
    if operator.op not in _LAST or len(operator.inputs) != 1 or len(operator.outputs) != 1:
        return False
    source, result = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    if source.data is not None or source.shape != result.shape:
        return False
    if operator.op in _PROBABILITIES:
        return (_is_int8(source) and _is_int8(result)) or (source.dtype, result.dtype) == ("FLOAT32", "FLOAT32")
    if operator.op == "DEQUANTIZE":
        return _is_int8(source) and result.dtype == "FLOAT32"
    return _is_int8(source) and _same(result, source)


def _is_int8(tensor: Tensor) -> bool:
    return tensor.dtype == "INT8" and tensor.quantization is not None and len(tensor.quantization.scale) == 1


def _same(unsigned: Tensor, signed: Tensor) -> bool:
    """The same numbers in uint8 and in int8."""
    if unsigned.dtype != "UINT8" or unsigned.quantization is None or len(unsigned.quantization.scale) != 1:
        return False
    return unsigned.scale == signed.scale and unsigned.zero_point - signed.zero_point == UINT8_OFFSET
