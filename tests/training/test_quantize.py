"""What the converter's failures are told as; what it makes is tested with the trainer."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import pytest

from sktools.training import quantize


class Tripping:
    """As TensorFlow's converter ends where it could not write its temporary files, and passed over that."""

    def convert(self) -> bytes:
        raise TypeError("'NoneType' object is not callable")


@pytest.mark.parametrize(("free", "raised"), [(1 << 20, OSError), (1 << 30, TypeError)])
def test_a_full_disk_under_the_temporary_files_is_told_as_one(
    free: int, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sktools.training.quantize.shutil.disk_usage", lambda folder: SimpleNamespace(free=free))
    with pytest.raises(raised) as caught:
        quantize._convert(Tripping())
    assert raised is TypeError or (isinstance(caught.value, OSError) and caught.value.errno == errno.ENOSPC)
