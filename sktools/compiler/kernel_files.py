"""Which files of firmware/kernels/ a call needs: its header, what that includes, and the C file beside each header."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from importlib.resources import files

INCLUDE = re.compile(r'^\s*#include "([A-Za-z0-9_./]+)"', re.MULTILINE)
"""A header that lies in the tree, not the C compiler's own."""


def kernel_files(headers: Iterable[str]) -> tuple[str, ...]:
    """Names below firmware/kernels/, in alphabetical order. headers: those that the calls name, by the same names."""
    kernels = files("sktools.firmware") / "kernels"
    waiting, found = list(headers), set[str]()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        folder = posixpath.dirname(name)
        text = (kernels / name).read_text(encoding="utf-8")
        waiting += [posixpath.normpath(posixpath.join(folder, included)) for included in INCLUDE.findall(text)]
        source = posixpath.splitext(name)[0] + ".c"
        if (kernels / source).is_file():
            waiting.append(source)
    return tuple(sorted(found))
