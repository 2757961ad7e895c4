from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from sktools.errors import DataError, SktoolsError, UsageError
from sktools.profiling import bundle
from sktools.profiling.assemble import assemble
from sktools.profiling.profile import Profile, schema
from sktools.profiling.session import measure
from tests.profiling import fakes


@pytest.fixture
def profile() -> Profile:
    found = measure(fakes.model(), fakes.Device(), fakes.Oracle(), fakes.frames(3))
    return assemble(fakes.setting(), fakes.model(), found, fakes.accuracy())


def test_the_bundle_comes_back_as_it_was(tmp_path: Path, profile: Profile) -> None:
    written = bundle.write_bundle(tmp_path, profile, {"nights": []}, {"git": None})
    assert bundle.load_bundle(written.path).profile == profile
    assert bundle.latest_bundle(tmp_path, "fake", "virtual", "aot").path == written.path
    assert [found.path for found in bundle.bundles(tmp_path)] == [written.path]


def test_latest_names_the_newest(tmp_path: Path, profile: Profile) -> None:
    first = bundle.write_bundle(tmp_path, profile, {}, {})
    second = bundle.write_bundle(tmp_path, profile, {}, {})
    assert first.path != second.path
    assert bundle.latest_bundle(tmp_path, "fake", "virtual", "aot").path == second.path


def test_the_manifest_holds_every_digest(tmp_path: Path, profile: Profile) -> None:
    written = bundle.write_bundle(tmp_path, profile, {}, {}, lambda *_: {"report.html": "<p>"})
    files = {path.name for path in written.path.iterdir()}
    assert files == {
        "profile.json", "layers.csv", "blocks.csv", "metrics.json", "report.html", "manifest.json",
    }  # fmt: skip
    digests = json.loads((written.path / "manifest.json").read_text())["files"]
    assert digests == {
        name: hashlib.sha256((written.path / name).read_bytes()).hexdigest() for name in files - {"manifest.json"}
    }


def test_a_failure_leaves_nothing_behind(tmp_path: Path, profile: Profile) -> None:
    def broken(*_: object) -> dict[str, str]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        bundle.write_bundle(tmp_path, profile, {}, {}, broken)
    assert list(tmp_path.rglob("*")) == []


def test_layers_csv_is_the_profile(profile: Profile) -> None:
    rows = list(csv.DictReader(bundle.layers_csv(profile).splitlines()))
    assert [row["name"] for row in rows] == [layer.name for layer in profile.layers]
    assert [float(row["cycles"]) for row in rows] == [layer.cycles for layer in profile.layers]
    assert bundle.layers_csv(profile) == bundle.layers_csv(Profile.from_json(profile.to_json()))


def test_every_key_of_the_schema_is_required_but_those_that_came_later(profile: Profile) -> None:
    document = profile.to_json()
    assert set(document) == set(schema()["properties"])
    later = {"live", "stager"}  # bundles that were written before there was a stager stay readable
    assert set(schema()["required"]) == set(document) - later
    for key in set(document) - later:
        broken = {name: value for name, value in document.items() if name != key}
        with pytest.raises(DataError, match=key):
            Profile.from_json(broken)


def test_a_value_that_is_no_number_is_named(profile: Profile) -> None:
    document = profile.to_json()
    document["layers"][1]["cycles"] = "many"
    with pytest.raises(DataError, match=r"layers\[1\].cycles"):
        Profile.from_json(document)


def test_infinity_never_reaches_a_file(tmp_path: Path, profile: Profile) -> None:
    broken = dataclasses.replace(profile, clock_hz=float("inf"))
    with pytest.raises(ValueError):
        bundle.write_bundle(tmp_path, broken, {}, {})
    assert list(tmp_path.rglob("*")) == []


def test_no_bundle_names_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        bundle.latest_bundle(tmp_path, "ss-2-tcn-sm", "virtual", "aot")
    assert caught.value.hint == "sktools run ss-2-tcn-sm --board virtual"


def test_a_damaged_profile_is_refused(tmp_path: Path, profile: Profile) -> None:
    written = bundle.write_bundle(tmp_path, profile, {}, {})
    (written.path / "profile.json").write_text('{"schema_version": ')
    with pytest.raises(DataError, match="is damaged"):
        bundle.load_bundle(written.path)


NIGHT = {"subject": "anna", "true": [0, -1], "device": [1, 0]}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("metrics.json", {"nights": 5}),
        ("metrics.json", {"nights": [{**NIGHT, "device": [1]}]}),
        ("metrics.json", {"nights": [{**NIGHT, "true": [0, 2]}]}),
        ("metrics.json", {"nights": [{**NIGHT, "true": ["x", 0]}]}),
        ("metrics.json", {"nights": [{"subject": "anna"}]}),
        ("metrics.json", {"classes": "WAKE"}),
        ("metrics.json", {"seconds": float("nan")}),
        ("metrics.json", "1e999"),
        ("manifest.json", {"tools": "gcc"}),
        ("manifest.json", {"command": 7}),
    ],
    ids=str,
)
def test_a_bundle_of_another_shape_is_refused(tmp_path: Path, profile: Profile, file: str, content: object) -> None:
    """One from another's desk, whose digests are its maker's."""
    written = bundle.write_bundle(tmp_path, profile, {"nights": [NIGHT]}, {})
    assert bundle.load_bundle(written.path).metrics["nights"] == [NIGHT]
    (written.path / "manifest.json").unlink()
    text = '{"a": 1e999}' if content == "1e999" else json.dumps(content)
    (written.path / file).write_text(text)
    with pytest.raises(DataError, match=f"{file}: is damaged"):
        bundle.load_bundle(written.path)


@pytest.mark.parametrize("content", [b"", b"\xff", b"a\0b", b"../x", b"x" * 10_000, b"a\nb"], ids=range(6))
def test_a_damaged_latest_is_refused(tmp_path: Path, profile: Profile, content: bytes) -> None:
    folder = bundle.write_bundle(tmp_path, profile, {}, {}).path.parent
    (folder / "latest").write_bytes(content)
    with pytest.raises(SktoolsError):
        bundle.newest_bundle(folder)
    with pytest.raises(SktoolsError):
        bundle.bundles(tmp_path)


def test_a_name_that_is_no_utf_8_is_escaped(tmp_path: Path, profile: Profile) -> None:
    """A report quotes the command line, and that may name a file of any bytes."""
    written = bundle.write_bundle(tmp_path, profile, {}, {}, lambda *_: {"report.html": "caf\udce9"})
    content = (written.path / "report.html").read_bytes()
    assert content == b"caf\\udce9"
    assert written.manifest["files"]["report.html"] == hashlib.sha256(content).hexdigest()
