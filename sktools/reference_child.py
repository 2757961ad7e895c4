"""The program that runs reference kernels for sktools: they abort the process on some models.

Reads requests from standard input and answers each, as messages of msgpack (write, read); started as a file, so it
imports nothing of sktools. Nothing is unpickled: a model may have taken over a process of kernels that it aborts.

    ("load", key, segments)  -> ("loaded", edges) | ("refused", why) | ("missing", runtime)
    ("run", key, input)      -> ("ran", {tensor index: values}) | ("unknown",) | ("failed", why)

A segment is a dictionary: runtime ("litert" or "tflite-micro"), content (a .tflite), arena (bytes, for tflite-micro),
inputs (tensor indices, which earlier segments or the request give) and outputs (tensor indices); None for the file's.
Edges are two lists, of the first file's inputs and outputs: dictionaries of index, shape, dtype, quantization (scale,
zero point). tflite-micro names none.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import IO, Any

import msgpack
import numpy as np

KEPT_NETWORKS = 4
_PARENT_S = 1.0
_ARRAY = 1
_LENGTH_BYTES = 8


def encode(message: Any) -> bytes:
    """Plain data and numpy arrays of numbers as msgpack; tuples become lists."""
    packed: bytes = msgpack.packb(message, default=_plain)
    return packed


def write(stream: IO[bytes], message: Any) -> None:
    """Sends one message. Raises OSError."""
    payload = encode(message)
    stream.write(len(payload).to_bytes(_LENGTH_BYTES, "little"))
    stream.write(payload)
    stream.flush()


def read(stream: IO[bytes]) -> Any:
    """The next message. Raises EOFError at the end of the stream, ValueError for what is not a message."""
    length = int.from_bytes(_exactly(stream, _LENGTH_BYTES), "little")
    return msgpack.unpackb(_exactly(stream, length), ext_hook=_array, strict_map_key=False)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return msgpack.ExtType(_ARRAY, msgpack.packb([value.dtype.str, list(value.shape), value.tobytes()]))
    raise TypeError(f"a message holds no {type(value).__name__}")


def _array(code: int, content: bytes) -> Any:
    if code != _ARRAY:
        raise ValueError(f"no such kind of value: {code}")
    kind, shape, values = msgpack.unpackb(content)
    return np.frombuffer(values, np.dtype(kind)).reshape(shape).copy()


class LiteRt:
    def __init__(self, segment: Mapping[str, Any]) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        # Without preserved tensors the interpreter reuses memory, and an activation is whatever stood there last.
        self._interpreter = Interpreter(
            model_content=segment["content"],
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=True,
        )
        self._interpreter.allocate_tensors()
        self.edges = tuple(
            [
                {key: detail[key] for key in ("index", "shape", "quantization")}
                | {"dtype": np.dtype(detail["dtype"]).name}
                for detail in details
            ]
            for details in (self._interpreter.get_input_details(), self._interpreter.get_output_details())
        )
        inputs, outputs = segment["inputs"], segment["outputs"]
        self._inputs = [edge["index"] for edge in self.edges[0]] if inputs is None else inputs
        self._outputs = [edge["index"] for edge in self.edges[1]] if outputs is None else outputs

    def run(self, values: dict[int, Any]) -> None:
        for index in self._inputs:
            self._interpreter.set_tensor(index, values[index])
        self._interpreter.invoke()
        for index in self._outputs:
            values[index] = np.array(self._interpreter.get_tensor(index))


class Micro:
    def __init__(self, segment: Mapping[str, Any]) -> None:
        from tflite_micro import runtime

        self.edges: tuple[list[dict[str, Any]], ...] = ([], [])
        self._inputs, self._outputs = segment["inputs"], segment["outputs"]
        self._interpreter = runtime.Interpreter.from_bytes(
            segment["content"],
            arena_size=segment["arena"],
            intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
        )

    def run(self, values: dict[int, Any]) -> None:
        for position, index in enumerate(self._inputs):
            self._interpreter.set_input(values[index], position)
        self._interpreter.invoke()
        for index in self._outputs:
            values[index] = np.array(self._interpreter.GetTensor(index, 0)["tensor_data"])


RUNTIMES: Mapping[str, type[LiteRt] | type[Micro]] = {"litert": LiteRt, "tflite-micro": Micro}

Network = list[LiteRt | Micro]


def load(segments: Sequence[Mapping[str, Any]]) -> tuple[tuple[Any, ...], Network]:
    network: Network = []
    for segment in segments:
        try:
            network.append(RUNTIMES[segment["runtime"]](segment))
        except ImportError:
            return ("missing", segment["runtime"]), []
        except Exception as error:  # whatever the runtime's bindings raise
            return ("refused", _first_line(error)), []
    return ("loaded", network[0].edges), network


def run(network: Network, values: dict[int, Any]) -> tuple[Any, ...]:
    try:
        for segment in network:
            segment.run(values)
    except Exception as error:  # whatever the runtime's bindings raise
        return "failed", _first_line(error)
    return "ran", values


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _end_with_parent(parent: int) -> None:
    """A kernel that never ends does not see that nobody waits for it any more."""
    while os.getppid() == parent:
        time.sleep(_PARENT_S)
    os._exit(1)


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a runtime prints is no answer
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    networks: OrderedDict[str, Network] = OrderedDict()
    while True:
        try:
            kind, key, content = read(sys.stdin.buffer)
        except EOFError:
            return
        if kind == "load":
            answer, network = load(content)
            if network:
                networks[key] = network
            if len(networks) > KEPT_NETWORKS:
                networks.popitem(last=False)
        elif key in networks:
            networks.move_to_end(key)
            answer = run(networks[key], dict(content))
        else:
            answer = ("unknown",)
        write(answers, answer)


if __name__ == "__main__":
    main()
