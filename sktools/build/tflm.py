"""Engine "tflm": a model run operator by operator by the SDK's interpreter, with the layer table of generated C."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from sktools.build.project import render
from sktools.build.sdk import GET_IT, sdk_folder
from sktools.build.target import Interpreter, Target
from sktools.compiler.compiled import CompiledModel, Layer, MemoryPlan
from sktools.compiler.int8_part import int8_part
from sktools.compiler.model_file import read_model
from sktools.errors import MissingError, UsageError

ENGINE = "tflm"
SOURCES = ("tflm/sk_tflm_main.c", "tflm/sk_tflm.cc")
QUIET = "tflm/sk_tflm_quiet.cc"
"""For boards whose SDK brings no log."""
AOT_MAIN = "runtime/sk_main.c"
LARGEST_ARENA = 512 * 1024
"""Of the image that only tells how large an arena the model needs."""
_DEFINES = ("-DTF_LITE_STATIC_MEMORY", "-DTF_LITE_STRIP_ERROR_STRINGS", "-DCMSIS_NN_USE_REQUANTIZE_INLINE_ASSEMBLY")
"""As the archive was compiled."""


def interpreter_model(
    aot: CompiledModel, tflite: bytes, arena_bytes: int, *, find_smallest: bool = False
) -> CompiledModel:
    """The model as the interpreter runs it: one timed step for each operator of the file.

    Every activation is observable but those of operators that the compiler folds into others (shape arithmetic,
    padding): there the reference has none to compare with.
    aot: the same .tflite, compiled with optimize "none"; its layer names and MACs are taken over. arena_bytes: room for
    the interpreter, a multiple of 16. find_smallest: the image only finds out how little of it is enough.
    """
    network = int8_part(tflite)
    operators = read_model(network).operators
    layers = tuple(_own_step(layer) for layer in aot.layers)
    fields = {
        "name": aot.name,
        "digest": aot.sha256,
        "digest_bytes": [f"0x{aot.sha256[i : i + 2]}" for i in range(0, 64, 2)],
        "contract": aot.contract,
        "input": aot.input,
        "output": aot.output,
        "layers": layers,
        "arena_bytes": arena_bytes,
        "find_smallest": find_smallest,
        "content": [f"0x{byte:02x}" for byte in network],
        "operators": [_camel(name) for name in dict.fromkeys(operator.op for operator in operators)],
    }
    names = ("model.c", "weights.c", "weights.h", "operators.cc")
    return dataclasses.replace(
        aot,
        layers=layers,
        step_count=len(layers),
        plan=MemoryPlan(arena_bytes, arena_bytes, (), arena_bytes),
        sources={name: render(f"tflm/{name}.j2", fields).decode() for name in names},
        kernels=(),
        model_bytes=len(network),
        optimize=ENGINE,
        notes=(*aot.notes, "arena_bytes: the least that the interpreter takes, input and output included"),
    )


def _own_step(layer: Layer) -> Layer:
    return dataclasses.replace(
        layer,
        step=layer.index,
        cost_owner=True,
        kernel="TensorFlow Lite for Microcontrollers",
    )


def _camel(operator: str) -> str:
    """CONV_2D -> Conv2D, as the interpreter's resolver calls it."""
    return "".join(part.upper() if part[0].isdigit() else part.capitalize() for part in operator.split("_"))


def interpreter_sources(sources: tuple[str, ...], *, quiet: bool) -> tuple[str, ...]:
    """A board's sources with the interpreter's in place of the plain main()."""
    if AOT_MAIN not in sources:
        raise UsageError("engine tflm needs a board with firmware of its own", "--board virtual or apollo4p_evb")
    kept = tuple(source for source in sources if source != AOT_MAIN)
    return (*kept, *SOURCES, *((QUIET,) if quiet else ()))


def interpreter_target(target: Target, tensorflow: Path) -> Target:
    """A board's target with the interpreter's archive, for boards that are built with plain make."""
    return dataclasses.replace(
        target,
        engine=ENGINE,
        sources=interpreter_sources(target.sources, quiet=True),
        interpreter=Interpreter(
            include_folders=tuple(
                str(tensorflow / path)
                for path in ("", "third_party", "third_party/flatbuffers/include", "third_party/gemmlowp")
            ),
            flags=_DEFINES,
            archive=str(archive(tensorflow)),
        ),
    )


def find_tensorflow(version: str, option: Path | str | None) -> Path:
    """The interpreter in the user's SDK.

    Raises MissingError where no SDK is named or it lacks this version's archive.
    """
    folder = sdk_folder(option)
    if folder is None:
        raise MissingError("engine tflm needs the interpreter of neuralSPOT, and no checkout of it is named", GET_IT)
    found = folder / "extern" / "tensorflow" / version
    if not archive(found).is_file():
        raise MissingError(f"{folder} lacks {archive(found).relative_to(folder)}", GET_IT)
    if re.search(r"\s", str(found)):
        raise MissingError(f"make takes no blank in the SDK's folder {folder}", "move it")
    return found


def archive(tensorflow: Path) -> Path:
    """The Cortex-M4 build without logs, with CMSIS-NN."""
    return tensorflow / "lib" / "libtensorflow-microlite-cm4-gcc-release.a"
