"""The nights of one data set, read once and seen through the features and classes of several configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sktools.datasets.recording import Recording
from sktools.datasets.registry import Dataset, Skipped
from sktools.features.feature_set import FeatureTable, find_feature_set
from sktools.features.frames import Night, prepare_night
from sktools.model_config import ClassesConfig, FeaturesConfig


@dataclass
class Cohort:
    """recordings: subject -> night, in the reader's order."""

    dataset: str
    recordings: dict[str, Recording]
    _tables: dict[str, dict[str, FeatureTable]] = field(default_factory=dict)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.recordings)

    def tables(self, feature_set: str, subjects: Sequence[str]) -> list[FeatureTable]:
        """The features of some nights, before normalisation; each night's are computed once."""
        known = self._tables.setdefault(feature_set, {})
        extract = find_feature_set(feature_set).extract
        for subject in subjects:
            if subject not in known:
                known[subject] = extract(self.recordings[subject])
        return [known[subject] for subject in subjects]

    def nights(self, features: FeaturesConfig, classes: ClassesConfig, subjects: Sequence[str]) -> list[Night]:
        """Some nights, normalised and labelled."""
        return [
            replace(
                prepare_night(table, features, classes),
                start=self.recordings[table.subject].start,
                bedtime=self.recordings[table.subject].bedtime,
            )
            for table in self.tables(features.set, subjects)
        ]


def read_cohort(
    dataset: Dataset, subjects: Sequence[str] | None = None, on_skip: Callable[[Skipped], None] | None = None
) -> Cohort:
    """Every readable night of a data set, or of some of its subjects. Raises what recordings() raises."""
    found = {night.subject: night for night in dataset.recordings(subjects, on_skip)}
    return Cohort(dataset.name, found)
