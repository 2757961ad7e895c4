"""Configurations that others publish, read as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sktools import zoo
from sktools.errors import DataError
from sktools.metrics.complexity import parameters
from sktools.model_config import ModelConfig, resolved
from sktools.zoo.configuration import NO_CLIP, read_configuration
from tests.support.published import configuration

PACKAGED = zoo.find_config("ss-4")[0]


def _read(tmp_path: Path, document: object, packaged: ModelConfig | None = PACKAGED) -> ModelConfig | None:
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps(document))
    return read_configuration(path, "ss-4-tcn-sm", packaged)


def test_the_published_layout_is_read_as_it_is(tmp_path: Path) -> None:
    config = _read(tmp_path, configuration(), packaged=None)
    assert config is not None
    assert config.classes.names == ("WAKE", "CORE", "DEEP", "REM")
    assert config.classes.map == {0: 0, 1: 1, 2: 1, 3: 2, 5: 3}
    assert (config.network.epochs, config.network.features, config.network.classes) == (240, 14, 4)
    assert (config.network.filters, config.network.depths, config.network.dilations) == ((16, 24), (2, 1), (1, 4))
    assert (config.network.kernel, config.network.squeeze_ratio) == (7, 4)
    assert (config.features.set, config.features.normalisation, config.features.clip) == (
        "fs-w-pa-14", "subject", NO_CLIP,
    )  # fmt: skip


def test_our_own_layout_is_read_too(tmp_path: Path) -> None:
    document = resolved(PACKAGED)
    document["training"]["a_key_of_a_later_version"] = 1
    config = _read(tmp_path, document, packaged=None)
    assert config is not None
    assert (config.network, config.classes, config.features) == (PACKAGED.network, PACKAGED.classes, PACKAGED.features)


@pytest.mark.parametrize("missing", ["class_names", "class_map", "frame_size", "feature", "architecture"])
def test_what_is_left_out_comes_from_the_packaged_model(tmp_path: Path, missing: str) -> None:
    config = _read(tmp_path, configuration(**{missing: None}))
    assert config is not None
    assert config.classes.names == PACKAGED.classes.names
    assert config.network.epochs == 240
    assert config.features.set == "fs-w-pa-14"
    assert (config.network.filters == PACKAGED.network.filters) == (missing == "architecture")


@pytest.mark.parametrize(
    "block", [{"branch": 2}, {"ex_ratio": 4}, {"kernel": [1, 5]}, {"kernel": [3, 7]}, {"filters": "many"}, {"depth": 0}]
)
def test_blocks_of_another_kind_are_not_told_as_ours(tmp_path: Path, block: dict[str, Any]) -> None:
    document = configuration()
    document["architecture"]["params"]["blocks"][1] |= block
    config = _read(tmp_path, document)
    assert config is not None and config.network == PACKAGED.network


@pytest.mark.parametrize("kernel", [[1, 5], [1, [2]], [1, {}], {"a": 1}, None, "7"], ids=str)
def test_an_output_of_another_kind_is_not_told_as_ours(tmp_path: Path, kernel: object) -> None:
    document = configuration()
    document["architecture"]["params"]["output_kernel"] = kernel
    config = _read(tmp_path, document)
    assert config is not None and config.network == PACKAGED.network


def test_an_unrelated_file_of_that_name_is_no_configuration(tmp_path: Path) -> None:
    assert _read(tmp_path, {"editor": {"tab": 4}}, packaged=None) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"class_names": ["WAKE", "SLEEP"]}, "num_classes is 4"),
        ({"class_names": ["WAKE", "CORE", "DEEP"], "num_classes": None}, "stage 5 goes to class 3"),
        ({"class_names": ["\x1b[31mWAKE", "CORE", "DEEP", "REM"]}, "not printable"),
        ({"class_names": ["W" * 41, "CORE", "DEEP", "REM"]}, "longer than 40"),
        ({"class_names": ["C"] * 17, "num_classes": 17}, "at most 16"),
        ({"class_map": {"0": 0, "3": 2, "4": 3}}, "sends stage 4 elsewhere than stage 3"),
        ({"class_map": {"0": 0, "one": 1}}, "expected a whole number"),
        ({"class_map": {"0": -1}}, "expected a whole number"),
        ({"class_map": {"1": 1}}, r"stage 0 \(wake\) has no class"),
        ({"frame_size": 10**9}, "expected a whole number"),
        ({"frame_size": 10_001}, "expected 1 to 10000"),
        ({"frame_size": True}, "expected a whole number"),
        ({"feature": {"name": "\x07"}}, "not printable"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        _read(tmp_path, configuration(**changes))
    assert "configuration.json" in caught.value.message


@pytest.mark.parametrize("text", ["", "{", "[1]", "nan", "[" * 100_000, '"\\ud800"', "{" + '"a":{' * 50_000])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "configuration.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"configuration\.json"):
        read_configuration(path, "x", PACKAGED)
    path.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(DataError, match="larger than"):
        read_configuration(path, "x", PACKAGED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=9,
)


@given(st.dictionaries(st.sampled_from(sorted({*configuration(), "network", "classes", "features"})), JSON))
def test_whatever_it_holds_it_is_a_configuration_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("any", numbered=True)
    for packaged in (PACKAGED, None):
        try:
            config = _read(folder, {**configuration(), **changes}, packaged)
        except DataError:
            continue
        assert config is None or parameters(config.network) > 0
