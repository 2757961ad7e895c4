from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

from sktools.profiling.profile import Profile
from sktools.reports.picture import block_picture

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_in_proportion(profile: Profile) -> None:
    root = ElementTree.fromstring(block_picture(profile))
    widths = [float(rect.get("width") or 0) for rect in root.iter(f"{SVG}rect") if rect.get("class") == "bar"][1:]
    latencies = [block.ms_per_sleep_hour or 0.0 for block in profile.blocks]
    assert len(widths) == len(latencies) == 2
    assert abs(widths[0] / widths[1] - latencies[0] / latencies[1]) < 0.01


def test_published_blocks_stand_below_ours_on_one_scale(profile: Profile) -> None:
    root = ElementTree.fromstring(block_picture(dataclasses.replace(profile, model="ss-4-tcn-sm")))
    widths = {
        kind: [float(rect.get("width") or 0) for rect in root.iter(f"{SVG}rect") if rect.get("class") == kind][1:]
        for kind in ("bar", "theirs")
    }
    ours = profile.blocks[0].ms_per_sleep_hour
    assert ours and abs(widths["bar"][0] / widths["theirs"][0] - ours / 1.261) < 0.01
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "published, interpreter, measured" in texts and "this run, predicted" in texts and "1.261" in texts


def test_hostile_names_stay_text(profile: Profile) -> None:
    root = ElementTree.fromstring(block_picture(dataclasses.replace(profile, model='<a x="1">&')))
    assert '<a x="1">&' in "".join(text.text or "" for text in root.iter(f"{SVG}text"))
