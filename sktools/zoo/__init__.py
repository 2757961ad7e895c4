"""The model zoo: where MODEL names lead, and the configurations of the four networks and their variants."""

from __future__ import annotations

import hashlib
import importlib.resources
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sktools.errors import MissingError, ModelError, UsageError
from sktools.model_config import ModelConfig, load_config
from sktools.strict_yaml import suggest
from sktools.zoo.configuration import pulled_name, read_configuration

CONFIG_FILE = "config.yaml"
TFLITE_FILE = "model.tflite"
FLOAT_TFLITE_FILE = "model_float.tflite"
KERAS_FILE = "model.keras"
METRICS_FILE = "metrics.json"
CONFIGURATION_FILE = "configuration.json"
LOCAL_FOLDER = "models"


@dataclass(frozen=True)
class ZooEntry:
    """A model folder. origin: 'path', 'local' (./models/<name>) or 'packaged' (shipped with sktools).

    retired: the retired name that led here, empty if none did.
    """

    name: str
    folder: Path
    origin: str
    retired: str = ""

    @property
    def alias_note(self) -> str:
        """What to tell a user who asked for a retired name; empty if the name is current."""
        return retired_note(self.retired, self.name) if self.retired else ""

    @property
    def trained(self) -> bool:
        return (self.folder / TFLITE_FILE).is_file()

    def config(self) -> ModelConfig | None:
        """The folder's config.yaml, else what its configuration.json tells; None where neither is there.

        Raises UsageError or DataError where it is not valid.
        """
        path, published = self.folder / CONFIG_FILE, self.folder / CONFIGURATION_FILE
        if path.is_file():
            return load_config(path)
        if not published.is_file():
            return None
        packaged = packaged_folder() / pulled_name(self.folder, self.name) / CONFIG_FILE
        return read_configuration(published, self.name, load_config(packaged) if packaged.is_file() else None)


@dataclass(frozen=True)
class ModelRef:
    """A .tflite that a MODEL argument leads to.

    name: what its builds and results are called, fit for a folder's name.
    folder: the folder it stands in, with metrics.json and model_float.tflite where it is a zoo model.
    sha256: hex digest of the .tflite. config: None where no config.yaml or configuration.json stands beside it.
    origin: 'path', 'local' or 'packaged'. alias_note: what to tell a user who asked for a retired name, else empty.
    """

    name: str
    tflite: Path
    folder: Path
    sha256: str
    config: ModelConfig | None
    origin: str
    alias_note: str = ""

    @property
    def place(self) -> str:
        """Where it was found, in words; whether it hides a model that ships with sktools."""
        hides = self.origin == "local" and (packaged_folder() / self.folder.name).is_dir()
        return f"{self.origin}, in place of the one that ships with sktools" if hides else self.origin

    @property
    def float_tflite(self) -> Path | None:
        """The float .tflite of the same network, None where it is not there."""
        path = self.folder / FLOAT_TFLITE_FILE
        return path if self.tflite.name == TFLITE_FILE and path.is_file() else None


def retired_note(retired: str, successor: str) -> str:
    """What to tell a user who asked for a retired name."""
    return f"'{retired}' is retired: {successor} takes its place"


def folder_name(text: str) -> str:
    """A name made fit for a folder, a command line and a page: plain characters, none of them leading elsewhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:80].strip("._-") or "model"


def packaged_folder() -> Path:
    """The zoo shipped with sktools."""
    return Path(str(importlib.resources.files("sktools.models")))


def entries(local: Path | None = None) -> tuple[ZooEntry, ...]:
    """Every model of ./models and of the packaged zoo, by name; a local one hides the packaged one of its name.

    local: stands in for ./models.
    """
    found: dict[str, ZooEntry] = {}
    for origin, folder in _roots(local):
        if not folder.is_dir():
            continue
        for child in sorted(folder.iterdir()):
            if (child / CONFIG_FILE).is_file() or (child / TFLITE_FILE).is_file():
                found.setdefault(child.name, ZooEntry(child.name, child, origin))
    return tuple(found[name] for name in sorted(found))


def matching(short: str, names: Iterable[str]) -> list[str]:
    """The names that a short one may stand for, sorted; itself alone where it is one of them.

    A short name leaves out parts between dashes, but not the first: `ss-2-watch` is `ss-2-tcn-sm-watch`. If one
    match begins all the others, they are its variants and it is meant: `ss-2` is `ss-2-tcn-sm`.
    """
    known = set(names)
    if short in known:
        return [short]
    found = sorted(name for name in known if _leaves_out(short.split("-"), name.split("-")))
    plain = [name for name in found if all(f"{other}-".startswith(f"{name}-") for other in found)]
    return plain or found


def _leaves_out(short: Sequence[str], full: Sequence[str]) -> bool:
    """Whether the parts of a short name are among those of a full one, in order, the first in its place."""
    left = iter(full[1:])
    return short[0] == full[0] and all(part in left for part in short[1:])


def find_entry(model: str, local: Path | None = None) -> ZooEntry:
    """The model folder of a name, trained or not; `ss-2` is short for `ss-2-tcn-sm`, and a retired name leads to the
    model that supersedes it.

    Raises UsageError for an unknown or ambiguous name, naming the nearest one.
    """
    return _candidates(model, local)[0]


def find_config(model: str, local: Path | None = None) -> tuple[ModelConfig, ZooEntry]:
    """The configuration to train by: of a zoo name, of a model folder or of a config.yaml.

    A pulled model without config.yaml has none, and does not hide the packaged one.
    Raises UsageError where nothing of that name holds a configuration, or it is not valid.
    """
    path = Path(model)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise UsageError(f"{model}: no such configuration file", "sktools zoo list")
        config = load_config(path)
        return config, ZooEntry(config.name, path.parent, "path")
    for entry in _candidates(model, local):
        found = entry.config() if (entry.folder / CONFIG_FILE).is_file() else None
        if found is not None:
            return found, entry
    raise UsageError(f"{model}: no {CONFIG_FILE} in its folder", "sktools zoo list")


def resolve(model: str, local: Path | None = None) -> ModelRef:
    """The .tflite of a MODEL argument: a path, then ./models/<name>, then the packaged zoo.

    Raises UsageError for an unknown name, MissingError for a model that is not trained yet, ModelError for a file
    that is no .tflite.
    """
    path = Path(model)
    if path.is_file():
        if path.suffix in (".yaml", ".yml"):
            raise UsageError(f"{model}: is a configuration, expected a .tflite or a zoo name", f"sktools train {model}")
        return _reference(path, "path")
    if path.suffix == ".tflite":
        raise UsageError(f"{model}: no such file", "sktools zoo list")
    candidates = _candidates(model, local)
    for entry in candidates:
        if entry.trained:
            return _reference(entry.folder / TFLITE_FILE, entry.origin, entry)
    raise MissingError(
        f"{candidates[0].name}: not trained yet, no {TFLITE_FILE} in {candidates[0].folder}",
        f"sktools train {candidates[0].name} --dataset synthetic",
    )


def _roots(local: Path | None) -> tuple[tuple[str, Path], ...]:
    return ("local", local or Path(LOCAL_FOLDER)), ("packaged", packaged_folder())


def _candidates(model: str, local: Path | None) -> tuple[ZooEntry, ...]:
    """Folders that a name leads to, first the one that hides the others."""
    path = Path(model)
    if path.is_dir() and ((path / CONFIG_FILE).is_file() or (path / TFLITE_FILE).is_file()):
        return (ZooEntry(path.resolve().name, path, "path"),)
    if len(path.parts) > 1 and not path.exists():
        beside = retired_names(path.parent).get(path.name)
        if beside is not None and (path.parent / beside).is_dir():
            return (ZooEntry(beside, path.parent / beside, "path", model),)
    known = {entry.name for entry in entries(local)}
    matches, retired = matching(model, known), ""
    if not matches:
        matches = successors(model, local)
        retired = model if matches else ""
    if len(matches) > 1:
        raise UsageError(f"model '{model}' is ambiguous: {', '.join(matches)}", "sktools zoo list")
    if not matches:
        raise UsageError(
            f"model '{model}' is neither a .tflite, a folder nor a name in the zoo; {suggest(model, known)}",
            "sktools zoo list",
        )
    return tuple(
        ZooEntry(matches[0], root / matches[0], origin, retired)
        for origin, root in _roots(local)
        if (root / matches[0]).is_dir()
    )


def retired_names(local: Path | None = None) -> dict[str, str]:
    """Retired name -> the model whose configuration says that it supersedes it.

    A folder without a valid configuration supersedes nothing.
    """
    found: dict[str, str] = {}
    for entry in entries(local):
        try:
            config = load_config(entry.folder / CONFIG_FILE) if (entry.folder / CONFIG_FILE).is_file() else None
        except UsageError:
            continue
        for name in config.supersedes if config else ():
            found.setdefault(name, entry.name)
    return found


def successors(model: str, local: Path | None = None) -> list[str]:
    """The models that supersede what a retired name, full or short, may stand for; empty if it stands for nothing."""
    retired = retired_names(local)
    return sorted({retired[name] for name in matching(model, retired)})


def _reference(tflite: Path, origin: str, entry: ZooEntry | None = None) -> ModelRef:
    try:
        content = tflite.read_bytes()
    except OSError as error:
        raise ModelError(f"{tflite}: cannot be read ({error.strerror})") from error
    if content[4:8] != b"TFL3":
        raise ModelError(f"{tflite}: is not a .tflite (no TFL3 mark in its first 8 bytes)", "sktools zoo list")
    if entry is None:
        # A file named like a zoo model's, beside its configuration, is that model; any other file stands alone.
        beside = tflite.name == TFLITE_FILE
        name = tflite.resolve().parent.name if beside else tflite.stem
        entry = ZooEntry(name, tflite.parent, origin)
        config = entry.config() if beside else None
    else:
        config = entry.config()
    return ModelRef(
        folder_name(entry.name),
        tflite,
        entry.folder,
        hashlib.sha256(content).hexdigest(),
        config,
        origin,
        entry.alias_note,
    )
