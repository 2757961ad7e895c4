"""`python -m tests.hostile.reference_child FOLDER`: the reference on every FOLDER/*.tflite, each in its own process.

The reference interpreter may crash on a hostile file, or loop: a fork runs each file under limits, and the parent notes
how it ended in FOLDER/<name>.json; the activations go to FOLDER/<name>.npz.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

import numpy as np

from sktools.compiler.reference import Reference
from sktools.errors import ModelError
from sktools.reference_process import KernelDiedError

SECONDS = 20


def frame_for(elements: int) -> np.ndarray:
    """The int8 frame [elements] that both sides run."""
    return np.random.default_rng(elements).integers(-128, 128, elements).astype(np.int8)


def _child(file: Path) -> None:
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        reference = Reference(file.read_bytes())
        source = reference.graph.tensors[reference.graph.input]
        values = reference.run(frame_for(source.elements).reshape(source.shape))
        with file.with_suffix(".npz").open("wb") as stream:
            np.savez(
                stream,
                output=values[reference.graph.output],
                **{str(index): value for index, value in values.items()},
            )
        note = {"ended": "ran"}
    except KernelDiedError as error:
        note = {"ended": "crashed", "why": error.message}
    except ModelError as error:
        note = {"ended": "refused", "why": error.message}
    except Exception as error:  # whatever the runtime's bindings raise
        note = {"ended": "refused", "why": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    file.with_suffix(".json").write_text(json.dumps(note))


def main(folder: Path) -> None:
    for file in sorted(folder.glob("*.tflite")):
        pid = os.fork()
        if pid == 0:
            _child(file)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            why = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit status {status >> 8}"
            file.with_suffix(".json").write_text(json.dumps({"ended": "crashed", "why": why}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
