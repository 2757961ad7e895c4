"""Generated C as a program under ASan and UBSan: a frame on stdin, every activation that can be seen on stdout."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sktools.build.shipped import firmware_path
from sktools.compiler import CompiledModel

FLAGS = ("-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined",
         "-fno-sanitize-recover=all")  # fmt: skip

_MAIN = """\
#include <stdio.h>

#include "sk_model.h"

int main(void)
{
    if (fread(sk_model.input, 1, sk_model.input_bytes, stdin) != sk_model.input_bytes) {
        return 1;
    }
    for (uint16_t step = 0; step < sk_model.step_count; step++) {
        sk_model.steps[step].run();
        for (uint16_t layer = 0; layer < sk_model.layer_count; layer++) {
            const sk_layer_t *row = &sk_model.layers[layer];
            if (row->step == step && row->output != NULL) {
                fwrite(row->output, 1, row->output_bytes, stdout);
            }
        }
    }
    return fwrite(sk_model.output, 1, sk_model.output_bytes, stdout) == sk_model.output_bytes ? 0 : 1;
}
"""


class Trouble(Exception):
    """The C does not compile, or a sanitizer stopped it."""


def run_sanitized(model: CompiledModel, frame: np.ndarray, folder: Path) -> tuple[Mapping[int, np.ndarray], np.ndarray]:
    """Activation by layer index (observable ones) and the output, int8. Raises Trouble."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**model.sources, "main.c": _MAIN}.items():
        (folder / name).write_text(text)
    kernels = [firmware_path("kernels", name) for name in model.kernels if name.endswith(".c")]
    sources = [folder / name for name in (*model.sources, "main.c") if name.endswith(".c")]
    includes = [f"-I{place}" for place in (folder, firmware_path("runtime"), firmware_path("kernels"))]
    built = subprocess.run(
        ["cc", *FLAGS, *includes, *sources, *kernels, "-o", folder / "model"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if built.returncode != 0:
        raise Trouble(f"does not compile: {built.stderr[:2000]}")
    done = subprocess.run([folder / "model"], input=frame.tobytes(), capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        raise Trouble(f"exit status {done.returncode}: {done.stderr.decode(errors='replace')[:2000]}")
    return _activations(model, np.frombuffer(done.stdout, dtype=np.int8))


def _activations(model: CompiledModel, stream: np.ndarray) -> tuple[Mapping[int, np.ndarray], np.ndarray]:
    found, at = {}, 0
    for step in range(model.step_count):
        for layer in model.layers:
            if layer.step == step and layer.observable:
                found[layer.index] = stream[at : at + layer.output_bytes]
                at += layer.output_bytes
    if len(stream) != at + model.output.elements:
        raise Trouble(f"wrote {len(stream)} bytes, expected {at + model.output.elements}")
    return found, stream[at:]
