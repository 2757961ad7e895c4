"""MESA sleep (NSRR): finger pulse wave, saturation and leg movement with polysomnography labels.

Folder as downloaded: polysomnography/edfs/mesa-sleep-NNNN.edf and
polysomnography/annotations-events-nsrr/mesa-sleep-NNNN-nsrr.xml, https://sleepdata.org/datasets/mesa.
"""

from __future__ import annotations

import re
from pathlib import Path

from sktools.datasets.edf import read_edf
from sktools.datasets.nsrr_annotations import read_stage_events, scored_until, stages_of
from sktools.datasets.recording import Recording
from sktools.datasets.registry import dataset
from sktools.errors import DataError, MissingError
from sktools.model_config import EPOCH_SECONDS

EDFS = Path("polysomnography") / "edfs"
ANNOTATIONS = Path("polysomnography") / "annotations-events-nsrr"
EDF_NAME = re.compile(r"mesa-sleep-(\d+)\.edf")
CHANNELS = {
    "ppg": ("Pleth", "Pleth_EDF"),
    "spo2": ("SpO2", "SaO2"),
    "oximeter_status": ("OxStatus", "OxStat"),
    "leg_emg": ("Leg", "LegEMG"),
}
"""Waveform -> labels that the channel may have."""


@dataset
class Mesa:
    """Reader of the release's folder. The pulse wave is needed; a subject may lack the other channels."""

    name = "mesa"
    title = "MESA sleep (polysomnography with finger pulse oximeter)"
    needs_folder = True
    synthetic = False
    attribution = (
        "Multi-Ethnic Study of Atherosclerosis sleep ancillary study, National Sleep Research Resource, "
        "https://doi.org/10.25822/n7hq-c406; access by agreement with NSRR. Zhang G-Q et al. The National Sleep "
        "Research Resource: towards a sleep data commons. J Am Med Inform Assoc 25(10), 1351-1358 (2018). Chen X et "
        "al. Racial/ethnic differences in sleep disturbances: MESA. Sleep 38(6), 877-888 (2015)."
    )

    def subjects(self, folder: Path | None) -> tuple[str, ...]:
        """Ids of every EDF file, ascending: the order that the published split is by."""
        root = _existing(folder)
        edfs = root / EDFS
        if not edfs.is_dir():
            raise DataError(f"{root}: no '{EDFS}' folder; a MESA folder holds {EDFS}/ and {ANNOTATIONS}/")
        ids = [match.group(1) for path in edfs.iterdir() if (match := EDF_NAME.fullmatch(path.name))]
        if not ids:
            raise DataError(f"{edfs}: no mesa-sleep-NNNN.edf files")
        return tuple(sorted(ids))

    def read(self, folder: Path | None, subject: str) -> Recording:
        root = _existing(folder)
        # The small file first: a subject without labels is known before a quarter of a gigabyte is read.
        events = read_stage_events(root / ANNOTATIONS / f"mesa-sleep-{subject}-nsrr.xml")
        path = root / EDFS / f"mesa-sleep-{subject}.edf"
        edf = read_edf(path, CHANNELS)
        if "ppg" not in edf.channels:
            raise DataError(f"{path}: no pulse wave ('{CHANNELS['ppg'][0]}') among {', '.join(edf.labels)}")
        notes = [f"no channel for {name}; its features are masked" for name in CHANNELS if name not in edf.channels]
        epochs = int(edf.seconds // EPOCH_SECONDS)
        if epochs == 0:
            raise DataError(f"{path}: {edf.seconds:g} s hold no epoch of {EPOCH_SECONDS} s")
        if scored_until(events) >= edf.seconds + EPOCH_SECONDS:
            notes.append(
                f"annotations end at {scored_until(events):g} s, the recording at {edf.seconds:g} s; cut there"
            )
        return Recording(
            self.name,
            subject,
            stages_of(events, epochs),
            waveforms=edf.channels,
            start=edf.start.isoformat() if edf.start else "",
            notes=tuple(notes),
        )


def _existing(folder: Path | None) -> Path:
    if folder is None or not folder.is_dir():
        raise MissingError(f"{folder}: no such folder", "sktools data download mesa --output DIR, then --data DIR")
    return folder
