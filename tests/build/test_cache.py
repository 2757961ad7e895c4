"""Where things are kept: by the user's choice, at home, or nowhere, and that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from sktools.build.cache import cache_folder
from sktools.build.sdk import sdk_folder
from sktools.errors import MissingError, UsageError


def test_the_user_names_the_folder_or_it_is_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path("/home/anna/.cache/sktools")
    monkeypatch.setenv("XDG_CACHE_HOME", "/scratch")
    assert cache_folder() == Path("/scratch/sktools")


def test_without_a_home_folder_the_error_names_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME as a container has it whose user has no name: what expanding ~ gives then."""
    monkeypatch.setenv("HOME", "~nobody-there")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with pytest.raises(MissingError) as caught:
        cache_folder()
    assert "XDG_CACHE_HOME" in caught.value.hint


@pytest.mark.parametrize("named", ["~nobody-there/sdk", "a\0b"])
def test_an_sdk_folder_that_is_none_is_refused(named: str) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        sdk_folder(named)
