"""A profile with everything in it, and a browser to look at pages with."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sktools.profiling.assemble import assemble
from sktools.profiling.profile import Profile
from sktools.profiling.session import measure
from tests.profiling import fakes

NIGHTS = {"nights": [{"subject": "a", "true": [0, 1, -1, 1], "device": [0, 1, 1, 0]}]}


@pytest.fixture(scope="session")
def profile() -> Profile:
    oracle = fakes.Oracle()
    found = measure(
        fakes.model(),
        fakes.Device(),
        oracle,
        fakes.frames(3),
        real=fakes.real(3),
        float_activations=oracle.float_activations,
    )
    return assemble(fakes.setting(), fakes.model(), found, fakes.accuracy())


@pytest.fixture
def open_page(tmp_path: Path) -> Callable[[Path, str], tuple[str, str]]:
    """Opens an HTML file in headless Chromium, runs a script in it, and gives back the DOM and the console's errors."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("chromium is not installed")

    def look(path: Path, script: str = "") -> tuple[str, str]:
        copy = path.with_name("looked-at.html")
        copy.write_text(path.read_text(encoding="utf-8").replace("</body>", f"<script>{script}</script></body>"))
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,1400", "--dump-dom",
            f"--user-data-dir={tmp_path / 'browser'}", "--virtual-time-budget=4000", "--enable-logging=stderr", "--v=0",
            copy.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        errors = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
        return done.stdout, errors

    return look
