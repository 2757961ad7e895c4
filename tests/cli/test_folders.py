from __future__ import annotations

import pytest

from sktools.cli.folders import open_datasets
from sktools.errors import UsageError


@pytest.mark.parametrize(("dataset", "fetched"), [("sleep-accel", True), ("mesa", True), ("csv", False)])
def test_a_data_set_without_its_folder_says_where_to_get_it(
    dataset: str, fetched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SKTOOLS_DATA", raising=False)
    with pytest.raises(UsageError, match="needs the folder of its files") as told:
        open_datasets([dataset], [])
    assert told.value.hint.startswith("--data DIR")
    assert (f"sktools data download {dataset}" in told.value.hint) == fetched


def test_a_generated_data_set_needs_none() -> None:
    assert [(opened.name, opened.folder) for opened in open_datasets(["synthetic"], [])] == [("synthetic", None)]
