"""Configurations are read as data and against a schema: any text gives a configuration or one clear line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sktools.errors import SktoolsError, UsageError
from sktools.model_config import load_config
from sktools.strict_yaml import read_yaml
from tests.soak.table import Amount, Figures, shards

CONFIG = (Path(__file__).parents[2] / "models" / "ss-4-tcn-sm" / "config.yaml").read_text()

VALUES = [
    *("", "null", "true", "-1", "0", "1.5", "1e999", "-.inf", ".nan", "9" * 30, "9" * 5000, "0x" + "f" * 400),
    *("[]", "{}", "[[[]]]", "[" * 3000, "2001-99-99", "2001-01-01", "yes", "12:30:45", "<<: {a: 1}", "? [a]\n: b"),
    *("!!python/object/apply:os.system ['touch owned']", "!!binary aGVsbG8=", "&a [*a]", "*nothing", "\t", "%"),
    *('"\\0\\n\\e[31m"', "|\n  text\n  more", "'" + "x" * 5000 + "'", "\u2028"),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    shards(metafunc, 4)


def mutated(random: np.random.Generator) -> bytes:
    lines = CONFIG.splitlines()
    for _ in range(int(random.integers(1, 3))):
        at = int(random.integers(len(lines)))
        key, colon, value = lines[at].partition(":")
        match int(random.integers(7)):
            case 0:
                lines[at] = f"{key}: {VALUES[int(random.integers(len(VALUES)))]}"
            case 1:
                lines[at] = f"{key}x{colon}{value}"
            case 2:
                del lines[at]
            case 3:
                lines.insert(int(random.integers(len(lines))), lines[at])
            case 4:
                lines[at] = " " * int(random.integers(1, 5)) + lines[at]
            case 5:
                lines[at] = f"{VALUES[int(random.integers(len(VALUES)))]}: 1"
            case _:
                data = bytearray("\n".join(lines).encode())
                for _ in range(3):
                    data[int(random.integers(len(data)))] = int(random.integers(256))
                return bytes(data)
    return "\n".join(lines).encode()


@pytest.mark.timeout(3600)
def test_damaged_configurations(shard: int, amount: Amount, figures: Figures, tmp_path: Path) -> None:
    count = amount(300, 5000)
    path = tmp_path / "config.yaml"
    accepted = refused = 0
    for number in range(count):
        path.write_bytes(mutated(np.random.default_rng([shard, number])))
        try:
            config = load_config(path)
        except SktoolsError as error:
            assert len(error.message) < 600 and "\n" not in error.message and error.message.isprintable(), error.message
            refused += 1
            continue
        accepted += 1
        assert math.isfinite(config.training.learning_rate) and math.isfinite(config.features.clip)
    figures("config.yaml files read", files=count, accepted=accepted, refused=refused, crashes_and_unclear_errors=0)
    assert accepted and refused


def laughs(depth: int = 40) -> str:
    lines = ["l0: &l0 [ha]"]
    lines += [f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, depth)]
    return "\n".join(lines) + "\n"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("where", ["name", "network", "classes", "held_out"])
def test_a_billion_laughs_are_not_written_out(where: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    bomb = "\n".join(f"  {line}" for line in laughs().splitlines())
    kept = "\n".join(line for line in CONFIG.splitlines() if not line.startswith(where))
    path.write_text(f"{kept}\n{where}:\n{bomb}\n")
    with pytest.raises(UsageError) as caught:
        load_config(path)
    assert len(caught.value.message) < 600


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "a: " + "9" * 1_000_000, "a: 2001-99-99"])
def test_texts_that_trip_parsers(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match="not valid YAML"):
        read_yaml(path)


@pytest.mark.parametrize("text", [r'a: "\ud800"', r'"\udfff": 1', r'a: ["x\0"]'])
def test_what_no_file_or_name_could_hold_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"# a comment\n{text}\n")
    with pytest.raises(UsageError, match="line 2 has a character that is no text"):
        read_yaml(path)


def test_nothing_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("a: !!python/object/apply:os.system ['touch owned']\n")
    with pytest.raises(UsageError, match="not valid YAML"):
        read_yaml(Path("config.yaml"))
    assert not Path("owned").exists()
