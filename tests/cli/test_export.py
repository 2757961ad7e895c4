"""sktools export."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from sktools.errors import EXIT_USAGE
from tests.cli.conftest import Command
from tests.support.tools import needs_arm_gcc


@needs_arm_gcc
def test_a_c_library(sktools: Command, workspace: Path) -> None:
    ended = sktools("export", "tiny", "--as", "c-library", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["library"] == "models/tiny/c-library/lib/libtiny.a"
    assert (workspace / document["library"]).stat().st_size == document["bytes"]
    header = (workspace / "models/tiny/c-library/include/tiny.h").read_text()
    assert f"{document['ram_bytes']} bytes of static buffers" in header
    if shutil.which("qemu-system-arm"):
        assert f"Stack of one call: {document['stack_bytes']} bytes, measured" in header
    assert sktools("export", "tiny", "--as", "c-library").code == 0  # over its own earlier one
    named = sktools("export", "tiny", "--as", "c-library", "--output", "elsewhere", "--optimize", "none")
    assert named.code == 0 and (workspace / "elsewhere" / "include" / "tiny.h").is_file()


def test_the_tflite_takes_what_is_known_of_it_along(sktools: Command, workspace: Path, tiny_network: bytes) -> None:
    ended = sktools("export", "models/tiny", "--as", "tflite", "--output", "out/watch.tflite")
    assert ended.code == 0, ended.err
    assert (workspace / "out" / "watch.tflite").read_bytes() == tiny_network
    ended = sktools("export", "ss-2", "--as", "tflite", "--json")
    assert ended.code == 0, ended.err
    folder = workspace / "models" / "ss-2-tcn-sm"
    assert (folder / "config.yaml").is_file() and (folder / "model.tflite").is_file()
    shown = json.loads(sktools("zoo", "show", "ss-2", "--json").out)
    assert shown["origin"] == "local" and shown["config"]["name"] == "ss-2-tcn-sm"


def test_a_header(sktools: Command, workspace: Path) -> None:
    ended = sktools("export", "lone.tflite", "--as", "header")
    assert ended.code == 0, ended.err
    text = (workspace / "models" / "lone" / "lone_tflite.h").read_text()
    assert "static const unsigned char lone_tflite[]" in text and "lone_tflite_len" in text


def test_what_is_refused(sktools: Command) -> None:
    assert sktools("export", "tiny").code == EXIT_USAGE
    ended = sktools("export", "tiny", "--as", "onnx")
    assert ended.code == EXIT_USAGE and "c-library" in ended.err
    assert sktools("export", "nothing", "--as", "tflite").code == EXIT_USAGE
