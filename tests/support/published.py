"""A model as a server of published models has it: the four files, in the layout of the sleepKIT downloads."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.support.file_server import FileServer

BLOCK = {"branch": 1, "ex_ratio": 1, "se_ratio": 4, "norm": "batch", "dropout": 0.1, "kernel": [1, 7]}


def configuration(**changes: Any) -> dict[str, Any]:
    """configuration.json of a published 4-stage model; a key changed to None is left out."""
    document: dict[str, Any] = {
        "name": "ss-4-tcn-sm",
        "job_dir": "./results/ss-4-tcn-sm",
        "datasets": [{"name": "mesa", "params": {"path": "./datasets/mesa"}}],
        "feature": {"name": "FS-W-PA-14", "sampling_rate": 64, "frame_size": 3840, "feat_key": "features"},
        "sampling_rate": 0.03333,
        "frame_size": 240,
        "num_classes": 4,
        "class_map": {"0": 0, "1": 1, "2": 1, "3": 2, "4": 2, "5": 3},
        "class_names": ["WAKE", "CORE", "DEEP", "REM"],
        "val_metric": "loss",
        "quantization": {"qat": False, "mode": "INT8", "io_type": "int8"},
        "architecture": {
            "name": "tcn",
            "params": {
                "input_kernel": [1, 7],
                "output_kernel": [1, 7],
                "blocks": [
                    {**BLOCK, "depth": 2, "filters": 16, "dilation": [1, 1]},
                    {**BLOCK, "depth": 1, "filters": 24, "dilation": [1, 4]},
                ],
            },
        },
    }
    return {key: value for key, value in {**document, **changes}.items() if value is not None}


def keras_archive() -> bytes:
    """A zip with the members of a .keras file, and no model in it: nothing here loads one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            archive.writestr(name, "{}")
    return stream.getvalue()


def serve(server: FileServer, name: str, tflite: bytes, configuration: dict[str, Any]) -> None:
    """Puts a model on a server, below /zoo."""
    files = {
        "configuration.json": json.dumps(configuration).encode(),
        "metrics.json": json.dumps({"accuracy": 0.758, "f1": [0.8, 0.7]}).encode(),
        "model.tflite": tflite,
        "model.keras": keras_archive(),
    }
    server.files |= {f"/zoo/{name}/latest/{file}": content for file, content in files.items()}
