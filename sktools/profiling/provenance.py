"""What a result came from: digests, tool versions, compile flags and the sources' git revision."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import sktools

PACKAGES = ("numpy", "ai-edge-litert", "tflite-micro", "scikit-learn", "plotly")


def provenance(
    *,
    image: Mapping[str, str],
    flags: Sequence[str],
    tools: Mapping[str, str],
    data: Mapping[str, Any],
    command: Sequence[str],
) -> dict[str, Any]:
    """The head of manifest.json.

    image: file name -> SHA-256 of what ran. flags: compiler flags. tools: tool -> its version line.
    data: data set and options of the frames. command: the command line.
    """
    return {
        "sktools": sktools.__version__,
        "git": git_revision(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
        "tools": dict(tools),
        "flags": list(flags),
        "image": dict(image),
        "data": dict(data),
        "command": list(command),
    }


def package_versions() -> dict[str, str]:
    """Installed versions of the packages that a result depends on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_revision() -> str | None:
    """Revision of the checkout that sktools runs from ('-dirty' where files differ), None outside a checkout."""
    root = Path(sktools.__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
