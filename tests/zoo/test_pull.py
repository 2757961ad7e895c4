"""`sktools zoo pull` against a server of this machine; no other host is ever asked."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sktools import transfer, zoo
from sktools.cli import main
from sktools.cli.console import reset
from sktools.errors import EXIT_FAILURE, EXIT_MISSING, EXIT_USAGE
from sktools.zoo.configuration import RECORD_FILE
from sktools.zoo.pull import LIMITS
from tests.support.file_server import FileServer, file_server
from tests.support.published import configuration, keras_archive, serve
from tests.support.random_network import Family, random_network

NAME = "ss-4-tcn-sm"
FAMILY = Family(frames=32, filters=(8, 12), depths=(1, 1), dilations=(1, 2), classes=4, seed=3)


@pytest.fixture(scope="module")
def tflite() -> bytes:
    return random_network(FAMILY)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tflite: bytes) -> Iterator[FileServer]:
    """A server with SS-4 of 32 epochs a frame, and a working folder whose zoo is that server."""
    monkeypatch.setattr(transfer, "PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with file_server() as running:
        serve(running, NAME, tflite, configuration(frame_size=32))
        monkeypatch.setenv("SKTOOLS_ZOO_URL", f"{running.url}/zoo")
        yield running


@pytest.fixture
def sktools(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str, str]]]:
    def command(*arguments: str) -> tuple[int, str, str]:
        code = main.run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    yield command
    reset()


Command = Callable[..., tuple[int, str, str]]


def _left() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_the_four_files_arrive_with_their_checksums(server: FileServer, sktools: Command) -> None:
    code, out, err = sktools("zoo", "pull", "ss-4")
    assert code == 0, err
    folder = Path("models") / NAME
    record = json.loads((folder / RECORD_FILE).read_text())
    assert (record["name"], record["source"]) == (NAME, f"{server.url}/zoo")
    for name in ("configuration.json", "metrics.json", "model.tflite", "model.keras"):
        content = server.files[f"/zoo/{NAME}/latest/{name}"]
        assert (folder / name).read_bytes() == content
        digest = hashlib.sha256(content).hexdigest()
        assert record["files"][name] == {
            "url": f"{server.url}/zoo/{NAME}/latest/{name}", "size": len(content), "sha256": digest,
        }  # fmt: skip
        assert f"{name}: {len(content):,} bytes, sha256 {digest}" in out
    assert {path.name for path in folder.iterdir()} == {*LIMITS, RECORD_FILE}


def test_a_pulled_model_is_one_of_the_zoo(server: FileServer, sktools: Command) -> None:
    assert sktools("zoo", "pull", "ss-4", "-q")[0] == 0
    reference = zoo.resolve("ss-4")
    assert (reference.origin, reference.name) == ("local", NAME)
    rows = {row["name"]: row for row in json.loads(sktools("zoo", "list", "--json")[1])}
    assert rows[NAME]["normalisation"] == "subject"
    assert rows[NAME]["origin"] == "local" and rows[NAME]["metrics"] is None
    assert rows[NAME]["classes"] == ["WAKE", "CORE", "DEEP", "REM"]
    shown = json.loads(sktools("zoo", "show", "ss-4", "--json")[1])
    assert shown["config"]["network"]["filters"] == [16, 24]
    assert "ss-4-tcn-sm" in sktools("zoo", "show", "ss-4")[1]


def test_a_pulled_model_evaluates_builds_and_profiles(server: FileServer, sktools: Command) -> None:
    assert sktools("zoo", "pull", "ss-4", "-q")[0] == 0
    code, out, err = sktools("evaluate", "ss-4", "--subjects", "syn-001", "--json")
    assert code == 0, err
    score = json.loads(out)
    assert list(score["per_class"]) == ["WAKE", "CORE", "DEEP", "REM"]
    code, out, err = sktools("run", "ss-4", "--board", "host", "--subjects", "syn-001", "--json")
    assert code == 0, err
    profile = json.loads(out)
    assert profile["model"] == NAME and profile["parity"]["mismatched"] == 0
    assert profile["accuracy"]["kappa"] == score["kappa"]
    assert json.loads(sktools("size", "ss-4", "--board", "host", "--json")[1])["arena_bytes"] > 0
    code, _, err = sktools("zoo", "page", "--output", "page", "-q")
    assert code == 0, err
    assert "SS-4-TCN-SM" in Path("page/sleep-stage-models.md").read_text()


def test_what_it_was_trained_on_is_not_scored_unasked(server: FileServer, sktools: Command) -> None:
    trained = configuration(frame_size=32, datasets=[{"name": "synthetic", "params": {}}])
    server.files[f"/zoo/{NAME}/latest/configuration.json"] = json.dumps(trained).encode()
    assert sktools("zoo", "pull", "ss-4", "-q")[0] == 0
    code, out, err = sktools("evaluate", "ss-4")
    assert (code, out) == (EXIT_FAILURE, "")
    assert "does not tell on which of its subjects" in err and "--include-training" in err
    code, out, _ = sktools("evaluate", "ss-4", "--subjects", "syn-001", "--json")
    assert code == 0 and json.loads(out)["training_included"] == ["syn-001"]


def test_a_second_pull_asks_nobody(server: FileServer, sktools: Command) -> None:
    assert sktools("zoo", "pull", "ss-4")[0] == 0
    server.requests.clear()
    code, _, err = sktools("zoo", "pull", "ss-4")
    assert code == 0 and f"in models/{NAME} already" in err
    code, out, err = sktools("zoo", "pull", "ss-4", "--output", "elsewhere", "--json")
    assert code == 0 and "in the cache, fetched 20" in err
    assert json.loads(out)["origin"] == "cache" and json.loads(out)["folder"] == "elsewhere"
    assert (Path("elsewhere") / "model.tflite").read_bytes() == (Path("models") / NAME / "model.tflite").read_bytes()
    assert server.requests == []


def test_a_folder_of_another_name_still_knows_its_model(server: FileServer, sktools: Command) -> None:
    bare = configuration(frame_size=32, class_names=None, class_map=None)
    server.files[f"/zoo/{NAME}/latest/configuration.json"] = json.dumps(bare).encode()
    assert sktools("zoo", "pull", "ss-4", "--output", "models/mine")[0] == 0
    config = zoo.resolve("mine").config
    assert config is not None and config.name == "mine" and config.classes.names == ("WAKE", "CORE", "DEEP", "REM")


def test_force_fetches_anew(server: FileServer, sktools: Command) -> None:
    assert sktools("zoo", "pull", "ss-4")[0] == 0
    server.files[f"/zoo/{NAME}/latest/metrics.json"] = b'{"f1": 0.9}'
    assert sktools("zoo", "pull", "ss-4", "--force")[0] == 0
    assert (Path("models") / NAME / "metrics.json").read_bytes() == b'{"f1": 0.9}'
    assert sorted(path.name for path in Path("models").iterdir()) == [NAME]


def test_a_cache_that_was_changed_is_not_believed(server: FileServer, sktools: Command, tmp_path: Path) -> None:
    assert sktools("zoo", "pull", "ss-4")[0] == 0
    (cached,) = (tmp_path / "cache").rglob("model.tflite")
    cached.write_bytes(b"\x1c\0\0\0TFL3 another")
    server.requests.clear()
    assert sktools("zoo", "pull", "ss-4", "--output", "elsewhere")[0] == 0
    assert server.requests and zoo.resolve("elsewhere").sha256 == zoo.resolve("ss-4").sha256


def test_a_dropped_connection_leaves_nothing_and_is_gone_on_from(server: FileServer, sktools: Command) -> None:
    path = f"/zoo/{NAME}/latest/model.tflite"
    server.cut[path] = [1000] * transfer.ATTEMPTS
    server.ranges = False
    code, out, err = sktools("zoo", "pull", "ss-4")
    assert (code, out) == (EXIT_MISSING, "") and "ended early" in err and "again" in err
    assert _left() == []
    server.ranges = True
    server.requests.clear()
    assert sktools("zoo", "pull", "ss-4")[0] == 0
    assert server.fetched(path) == ["bytes=1000-"]
    assert (Path("models") / NAME / "model.tflite").read_bytes() == server.files[path]


def test_without_a_network_it_says_so(server: FileServer, sktools: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SKTOOLS_ZOO_URL", f"http://127.0.0.1:{unused.getsockname()[1]}/zoo")
        code, out, err = sktools("zoo", "pull", "ss-4")
    assert (code, out) == (EXIT_MISSING, "")
    assert "error: no connection to 127.0.0.1" in err and "hint: check the network" in err
    assert _left() == []


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("configuration.json", b"<html>please log in</html>", "sends a web page"),
        ("configuration.json", b"[1, 2]", "no JSON object"),
        ("metrics.json", b"{", "is not JSON"),
        ("metrics.json", b"[" * 100_000, "is not JSON"),
        ("model.tflite", b"PK\3\4 not a flatbuffer", "is not a .tflite"),
        ("model.keras", b"\x89HDF\r\n\x1a\n", "not a Keras 3 model"),
        ("model.keras", keras_archive().replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\x99"), "not a Keras 3 model"),
        ("configuration.json", b" " * ((1 << 20) + 1), "is larger than 1,048,576 bytes"),
    ],
)
def test_what_is_not_what_it_should_be_is_refused(
    server: FileServer, sktools: Command, file: str, content: bytes, told: str
) -> None:
    good = server.files[f"/zoo/{NAME}/latest/{file}"]
    server.files[f"/zoo/{NAME}/latest/{file}"] = content
    code, out, err = sktools("zoo", "pull", "ss-4")
    assert code in (EXIT_FAILURE, EXIT_MISSING) and out == ""
    assert told in err and "internal" not in err
    assert _left() == []
    server.files[f"/zoo/{NAME}/latest/{file}"] = good
    assert sktools("zoo", "pull", "ss-4")[0] == 0


def test_a_folder_that_was_not_pulled_is_left_alone(server: FileServer, sktools: Command) -> None:
    folder = Path("models") / NAME
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("name: mine\n")
    for options in ((), ("--force",)):
        code, _, err = sktools("zoo", "pull", "ss-4", *options)
        assert code == EXIT_USAGE and "was not pulled" in err and "--output DIR" in err
    assert [path.name for path in folder.iterdir()] == ["config.yaml"]
    assert server.requests == []


def test_a_pulled_folder_with_changes_is_left_alone_unless_forced(server: FileServer, sktools: Command) -> None:
    assert sktools("zoo", "pull", "ss-4")[0] == 0
    (Path("models") / NAME / "metrics.json").write_text("{}")
    code, _, err = sktools("zoo", "pull", "ss-4")
    assert code == EXIT_USAGE and "was changed since" in err
    assert sktools("zoo", "pull", "ss-4", "--force")[0] == 0


def test_training_does_not_replace_a_pulled_model(server: FileServer, sktools: Command) -> None:
    assert sktools("zoo", "pull", "ss-4")[0] == 0
    code, _, err = sktools("train", "ss-4", "--epochs", "1")
    assert code == EXIT_USAGE and "holds a pulled model" in err
    assert zoo.find_config("ss-4")[1].origin == "packaged"


@pytest.mark.parametrize("model", ["../evil", "a/b", "..", "", "SS-4", "ss-4\n", "a" * 65, "a..b", "-x"])
def test_names_that_are_paths_or_worse_are_refused(server: FileServer, sktools: Command, model: str) -> None:
    code, _, _ = sktools("zoo", "pull", "--", model)
    assert code == EXIT_USAGE
    assert server.requests == [] and _left() == []


def test_names_and_addresses(server: FileServer, sktools: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = sktools("zoo", "pull", "ss-9")
    assert code == EXIT_MISSING and "has no such file (404)" in err
    code, _, err = sktools("zoo", "pull", "ss-4", "--base", "file:///etc")
    assert code == EXIT_USAGE and "only http and https" in err
    monkeypatch.delenv("SKTOOLS_ZOO_URL")
    code, _, err = sktools("zoo", "pull", "ss-44")
    assert code == EXIT_USAGE and "did you mean 'ss-4-tcn-sm'?" in err
    Path("sktools.yaml").write_text(f"zoo_url: {server.url.replace('//', '//me:secret@')}/zoo\n")
    code, out, err = sktools("zoo", "pull", "ss-4")
    assert code == EXIT_USAGE and "you have not trusted it" in err and "secret" not in out + err
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path.cwd() / "config"))
    code, out, err = sktools("zoo", "pull", "ss-4", "--trust")
    assert code == EXIT_USAGE and "a user name or password is not taken" in err and "secret" not in out + err


def test_events_tell_the_files(server: FileServer, sktools: Command) -> None:
    assert sktools("zoo", "pull", "ss-4", "--events", "events")[0] == 0
    events = [json.loads(line) for line in Path("events").read_text().splitlines()]
    assert {event["file"] for event in events} == set(LIMITS)
    assert events[-1]["done"] == events[-1]["total"] == 4
