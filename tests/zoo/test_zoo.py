"""Names, folders and configurations of the zoo."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sktools import zoo
from sktools.errors import MissingError, ModelError, UsageError
from sktools.metrics.complexity import flops_per_sleep_hour, macs_per_frame, parameters
from sktools.model_config import BASE_STAGES, load_config, resolved

TFLITE = b"\x1c\x00\x00\x00TFL3" + b"\x00" * 16

MINIMAL = """
name: tiny
description: a network for a test
network: {kernel: 3, filters: [4], depths: [1], dilations: [1], classes: 2}
classes: {names: [WAKE, SLEEP], map: {0: 0, 1: 1, 2: 1, 3: 1, 5: 1}}
"""


@pytest.mark.parametrize(
    ("name", "expected_parameters", "expected_macs"),
    [
        ("ss-2", 10_397, 1_684_916),
        ("ss-3", 13_916, 2_213_716),
        ("ss-4", 14_237, 2_290_516),
        ("ss-5", 17_215, 2_794_236),
    ],
)
def test_zoo_networks_have_the_published_counts(name: str, expected_parameters: int, expected_macs: int) -> None:
    config, entry = zoo.find_config(name)
    assert entry.name == f"{name}-tcn-sm" == config.name
    assert parameters(config.network) == expected_parameters
    assert macs_per_frame(config.network) == expected_macs


def test_ss4_flops_an_hour_are_the_pages() -> None:
    assert round(flops_per_sleep_hour(zoo.find_config("ss-4")[0].network) / 1e6, 1) == 2.3


def test_every_zoo_model_maps_every_base_stage() -> None:
    for name in ("ss-2", "ss-3", "ss-4", "ss-5"):
        config, _ = zoo.find_config(name)
        assert set(config.classes.map) == set(BASE_STAGES)
        assert set(config.classes.map.values()) == set(range(config.network.classes))


def test_a_path_comes_before_a_name(tmp_path: Path) -> None:
    path = tmp_path / "other.tflite"
    path.write_bytes(TFLITE)
    reference = zoo.resolve(str(path))
    assert (reference.origin, reference.name, reference.tflite, reference.config) == ("path", "other", path, None)
    assert len(reference.sha256) == 64


def test_a_local_model_hides_the_packaged_one(tmp_path: Path) -> None:
    folder = tmp_path / "ss-2-tcn-sm"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(TFLITE)
    (folder / "config.yaml").write_text(MINIMAL)
    reference = zoo.resolve("ss-2", local=tmp_path)
    assert (reference.origin, reference.folder) == ("local", folder)
    assert reference.config is not None and reference.config.name == "tiny"


def test_a_model_folder_is_a_model(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(TFLITE)
    (folder / "model_float.tflite").write_bytes(TFLITE)
    reference = zoo.resolve(str(folder))
    assert (reference.name, reference.origin) == ("mine", "path")
    assert reference.float_tflite == folder / "model_float.tflite"
    assert zoo.resolve(str(folder / "model.tflite")).name == "mine"


def test_unknown_names_are_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'ss-2-tcn-sm'"):
        zoo.resolve("ss2-tcn-sm", local=tmp_path)
    with pytest.raises(UsageError, match="ambiguous"):
        zoo.resolve("ss", local=tmp_path)


FAMILY = ("ss-2-tcn-sm", "ss-2-tcn-sm-watch", "ss-3-tcn-sm", "ss-3-tcn-sm-watch", "my-net")


@pytest.mark.parametrize(
    ("short", "meant"),
    [
        ("ss-2", ["ss-2-tcn-sm"]),
        ("ss-2-tcn", ["ss-2-tcn-sm"]),
        ("ss-2-watch", ["ss-2-tcn-sm-watch"]),
        ("ss-2-tcn-sm-watch", ["ss-2-tcn-sm-watch"]),
        ("ss", ["ss-2-tcn-sm", "ss-2-tcn-sm-watch", "ss-3-tcn-sm", "ss-3-tcn-sm-watch"]),
        ("ss-watch", ["ss-2-tcn-sm-watch", "ss-3-tcn-sm-watch"]),
        ("watch", []),
        ("ss-2-tc", []),
        ("net", []),
        ("", []),
    ],
)
def test_a_short_name_leaves_parts_out_and_means_no_variant(short: str, meant: list[str]) -> None:
    assert zoo.matching(short, FAMILY) == meant


def test_a_model_beside_the_zoos_makes_a_short_name_ambiguous_rather_than_hiding_it() -> None:
    assert zoo.matching("ss-2", (*FAMILY, "ss-2-v2")) == ["ss-2-tcn-sm", "ss-2-tcn-sm-watch", "ss-2-v2"]


def test_an_untrained_model_says_how_to_train_it(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.yaml").write_text(MINIMAL)
    with pytest.raises(MissingError, match="not trained yet") as caught:
        zoo.resolve("tiny", local=tmp_path)
    assert caught.value.hint == "sktools train tiny --dataset synthetic"
    assert zoo.find_config("tiny", local=tmp_path)[0].network.filters == (4,)


def test_a_file_that_is_no_tflite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.tflite"
    path.write_text("not a model at all")
    with pytest.raises(ModelError, match=r"not a \.tflite"):
        zoo.resolve(str(path))
    with pytest.raises(UsageError, match="no such file"):
        zoo.resolve(str(tmp_path / "absent.tflite"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("kernel: 3", "kernal: 3"), r"unknown key 'kernal'; did you mean 'kernel'"),
        (("kernel: 3, ", ""), "key 'kernel' is missing"),
        (("kernel: 3", "kernel: three"), "expected int"),
        (("kernel: 3", "kernel: 0"), "kernel must be 1 or more"),
        (("kernel: 3", "kernel: true"), "expected int"),
        (("filters: [4]", "filters: 4"), "expected a list"),
        (("filters: [4]", "filters: [4, 4]"), "one entry a block"),
        (("classes: 2", "classes: 3"), "names holds 2"),
        (("5: 1", "4: 1"), "base stage 4 is unknown"),
        (("5: 1", "5: 2"), "goes to class 2"),
        (("kernel: 3", "kind: rnn, kernel: 3"), "kind 'rnn' is unknown"),
        (("name: tiny", "name: [unclosed"), "not valid YAML"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "config.yaml"
    text = MINIMAL.replace(*change)
    assert text != MINIMAL
    path.write_text(text)
    with pytest.raises(UsageError, match=message) as caught:
        load_config(path)
    assert "config.yaml" in caught.value.message


def test_resolved_configuration_is_complete_and_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(MINIMAL)
    document = resolved(load_config(path))
    assert document["training"]["seed"] == 42
    assert document["classes"]["map"] == {"0": 0, "1": 1, "2": 1, "3": 1, "5": 1}


def test_a_local_model_that_hides_one_of_the_zoo_says_so(tmp_path: Path) -> None:
    for name in ("ss-2-tcn-sm", "mine"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(zoo.resolve("ss-2").tflite, folder / "model.tflite")
    assert "in place of" in zoo.resolve("ss-2", tmp_path).place
    assert zoo.resolve("mine", tmp_path).place == "local"


def test_a_retired_name_leads_to_its_successor(tmp_path: Path) -> None:
    folder = tmp_path / "tiny-9-night"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        MINIMAL.replace("name: tiny", "name: tiny-9-night") + "supersedes: [tiny-9-tcn-old, tiny-9-tcn-older]\n"
    )
    (folder / "model.tflite").write_bytes(TFLITE)
    for asked in ("tiny-9-tcn-old", "tiny-9-older"):
        reference = zoo.resolve(asked, tmp_path)
        assert reference.name == "tiny-9-night"
        assert reference.alias_note == f"'{asked}' is retired: tiny-9-night takes its place"
        assert zoo.find_entry(asked, tmp_path).retired == asked
        assert zoo.find_config(asked, tmp_path)[0].name == "tiny-9-night"
    assert zoo.resolve("tiny-9-night", tmp_path).alias_note == ""
    gone = tmp_path / "tiny-9-tcn-old"
    assert zoo.resolve(str(gone), tmp_path).folder == folder
    assert zoo.resolve(str(gone), tmp_path).alias_note == f"'{gone}' is retired: tiny-9-night takes its place"
    # A user's own folder of the retired name is found as before.
    shutil.copytree(folder, tmp_path / "tiny-9-tcn-old")
    assert zoo.resolve("tiny-9-tcn-old", tmp_path).alias_note == ""
    with pytest.raises(UsageError, match="neither"):
        zoo.resolve("tiny-9-oldest", tmp_path)
