"""What of a neuralSPOT checkout is found, and what of it is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sktools.boards.board import load_board
from sktools.build.sdk import Sdk, find_sdk, missing_parts, sdk_version
from sktools.errors import MissingError
from tests.support.stub_sdk import make_sdk


@pytest.fixture(autouse=True)
def no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEURALSPOT_ROOT", raising=False)


@pytest.fixture
def sdk() -> Sdk:
    found = load_board("apollo4p_evb").sdk
    assert found is not None
    return found


def test_the_option_then_the_environment(sdk: Sdk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, other = make_sdk(tmp_path / "named"), make_sdk(tmp_path / "other")
    monkeypatch.setenv("NEURALSPOT_ROOT", str(other))
    assert find_sdk(sdk, None).folder == other
    found = find_sdk(sdk, named)
    assert (found.folder, found.version, found.ambiqsuite) == (named, "1.3.0", "R4.5.0")


def test_an_older_ambiqsuite_serves_where_the_preferred_is_not_there(sdk: Sdk, tmp_path: Path) -> None:
    root = make_sdk(tmp_path / "older", suite="R4.4.1")
    assert find_sdk(sdk, root).ambiqsuite == "R4.4.1"


def test_what_is_missing_is_named(sdk: Sdk, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no checkout of it is named"):
        find_sdk(sdk, None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingError, match=r"is no checkout of neuralSPOT: it has no make/neuralspot_config.mk"):
        find_sdk(sdk, tmp_path / "empty")
    root = make_sdk(tmp_path / "sdk")
    header = "extern/AmbiqSuite/R4.5.0/CMSIS/AmbiqMicro/Include/apollo4p.h"
    (root / header).unlink()
    with pytest.raises(MissingError, match=f"lacks for apollo4p_evb with AmbiqSuite R4.5.0: {header}"):
        find_sdk(sdk, root)


def test_an_archive_that_git_lfs_did_not_fetch_is_missing(sdk: Sdk, tmp_path: Path) -> None:
    root = make_sdk(tmp_path / "sdk")
    hal = root / "extern/AmbiqSuite/R4.5.0/lib/apollo4p/libam_hal.a"
    hal.write_text("version https://git-lfs.github.com/spec/v1\n")
    assert missing_parts(root, sdk, "R4.5.0") == [
        "extern/AmbiqSuite/R4.5.0/lib/apollo4p/libam_hal.a (a placeholder of Git LFS)"
    ]


def test_the_version_is_read_where_it_can_be(tmp_path: Path) -> None:
    assert sdk_version(tmp_path) == "unknown version"
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.0](https://...) (2025)\n")
    assert sdk_version(tmp_path) == "1.2.0"
    (tmp_path / ".release-please-manifest.json").write_text('{".": "1.3.0"}')
    assert sdk_version(tmp_path) == "1.3.0"
    (tmp_path / ".release-please-manifest.json").write_text("not json")
    assert sdk_version(tmp_path) == "1.2.0"
