"""configuration.json beside a model: ours, fully resolved, or as the published sleepKIT models have it.

What is read of a published one, as sleepKIT 0.x and 1.x write it: `class_names`, `class_map` (base stage -> class, N4
among the stages), `num_classes`, `frame_size` (epochs), `feature.name` and the blocks of `architecture`.
What it leaves out comes from the packaged configuration of the same name. It is a file of strangers: whatever it holds,
it becomes a ModelConfig or a DataError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sktools.errors import DataError, UsageError
from sktools.model_config import BASE_STAGES, ClassesConfig, FeaturesConfig, ModelConfig, NetworkConfig
from sktools.strict_yaml import parse

N3, N4 = 3, 4
"""sktools' readers merge stage N4 into N3."""

RECORD_FILE = "pulled.json"
ZOO_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,63}")
LARGEST = 1 << 20
LONGEST_NAME = 40
MOST_CLASSES = 16
MOST_EPOCHS = 10_000
NO_CLIP = 1e6
"""The published features are standardised and not clipped; int8 saturates far below."""


def read_configuration(path: Path, name: str, packaged: ModelConfig | None = None) -> ModelConfig | None:
    """The configuration that a configuration.json tells, for scoring, building and profiling; not for training.

    None where the file tells nothing of classes, and there is no packaged model to take them from.
    name: of the model's folder. packaged: of the zoo model of that name, for what the file leaves out.
    Raises DataError where it is no such file, or says what cannot be.
    """
    document = read_object(path)
    if packaged is None and document.keys().isdisjoint({"network", "class_names", "class_map"}):
        return None
    try:
        if isinstance(document.get("network"), dict) and isinstance(document.get("classes"), dict):
            return _own(document, name, str(path))
        return _published(document, name, packaged)
    except UsageError as error:
        raise DataError(f"{path}: {error.message.removeprefix(f'{path}: ')}") from error


def pulled_name(folder: Path, name: str) -> str:
    """The zoo's name of a model that was pulled into a folder of another name; `name` where it was not pulled."""
    try:
        told = read_object(folder / RECORD_FILE).get("name")
    except DataError:
        return name
    return told if isinstance(told, str) and ZOO_NAME.fullmatch(told) else name


def read_object(path: Path) -> dict[str, Any]:
    """A small JSON object. Raises DataError where the file holds something else."""
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{path}: is larger than {LARGEST:,} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not valid JSON") from error
    if not isinstance(document, dict):
        raise DataError(f"{path}: holds no JSON object")
    return document


def _own(document: Mapping[str, Any], name: str, where: str) -> ModelConfig:
    """From the sections of our own that scoring needs; other versions of sktools may have written others."""
    parts = {key: document[key] for key in ("description", "network", "classes", "features") if key in document}
    classes = dict(parts["classes"])
    if isinstance(classes.get("map"), dict):
        classes["map"] = {_whole(stage, "a stage of classes.map"): target for stage, target in classes["map"].items()}
    config = parse(ModelConfig, {"description": "", **parts, "classes": classes, "name": name}, where)
    _printable(config.classes.names)
    _printable((config.description,), longest=400)
    if config.network.epochs > MOST_EPOCHS:
        raise UsageError(f"network.epochs is {config.network.epochs}, expected 1 to {MOST_EPOCHS}")
    return config


def _published(document: Mapping[str, Any], name: str, packaged: ModelConfig | None) -> ModelConfig:
    classes = _classes(document, packaged)
    network = _network(document, packaged, len(classes.names))
    features = _member(document.get("feature"), "name")
    if isinstance(features, str):
        _printable((features,))
    return ModelConfig(
        name=name,
        description=packaged.description if packaged else f"{len(classes.names)}-stage sleep staging, as published",
        network=network,
        classes=classes,
        # The published models standardise each feature over the subject's whole night.
        features=FeaturesConfig(
            set=features.lower() if isinstance(features, str) else _default_features(packaged),
            normalisation="subject",
            clip=NO_CLIP,
        ),
    )


def _default_features(packaged: ModelConfig | None) -> str:
    return packaged.features.set if packaged else FeaturesConfig().set


def _classes(document: Mapping[str, Any], packaged: ModelConfig | None) -> ClassesConfig:
    names, mapped = document.get("class_names"), document.get("class_map")
    if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
        if len(names) > MOST_CLASSES:
            raise UsageError(f"class_names holds {len(names)} names, at most {MOST_CLASSES} are taken")
        _printable(names)
        found = tuple(names)
    elif packaged is not None:
        found = packaged.classes.names
    else:
        raise UsageError("tells no class_names, and no packaged model has this name")
    if not isinstance(mapped, dict) or not mapped:
        if packaged is None:
            raise UsageError("tells no class_map, and no packaged model has this name")
        return ClassesConfig(found, packaged.classes.map)
    stages = {_whole(stage, "a stage of class_map"): _whole(target, "class_map") for stage, target in mapped.items()}
    if N4 in stages and stages.pop(N4) != stages.get(N3):
        raise UsageError("class_map sends stage 4 elsewhere than stage 3; sktools' readers merge N4 into N3")
    count = document.get("num_classes")
    if count is not None and count != len(found):
        raise UsageError(f"num_classes is {count!r}, but there are {len(found)} class names")
    return ClassesConfig(found, {stage: target for stage, target in stages.items() if stage in BASE_STAGES})


def _network(document: Mapping[str, Any], packaged: ModelConfig | None, classes: int) -> NetworkConfig:
    """The blocks as published where a NetworkConfig can tell them, else the packaged ones."""
    base = packaged.network if packaged else None
    size = document.get("frame_size")
    epochs = _whole(size, "frame_size") if size is not None else (base.epochs if base else NetworkConfig.epochs)
    if not 1 <= epochs <= MOST_EPOCHS:
        raise UsageError(f"frame_size is {epochs}, expected 1 to {MOST_EPOCHS} epochs")
    shape = _blocks(document)
    if shape is not None:
        return NetworkConfig(**shape, classes=classes, epochs=epochs)
    if base is None:
        raise UsageError("its architecture is not one of depthwise blocks that sktools knows")
    return replace(base, classes=classes, epochs=epochs)


def _blocks(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """kernel, filters, depths, dilations and squeeze_ratio; None where the blocks are of another kind."""
    parameters = _member(document.get("architecture"), "params")
    blocks = _member(parameters, "blocks")
    if not isinstance(blocks, list) or not 0 < len(blocks) <= 64:
        return None
    rows = []
    for block in blocks:
        row = [_member(block, key) for key in ("filters", "depth")]
        row += [_along_time(_member(block, key)) for key in ("dilation", "kernel")]
        row.append(_member(block, "se_ratio"))
        plain = all(_member(block, key) in (None, 1) for key in ("branch", "ex_ratio"))
        if not plain or not all(isinstance(value, int) and not isinstance(value, bool) for value in row):
            return None
        rows.append(row)
    filters, depths, dilations, kernels, ratios = zip(*rows, strict=True)
    ends = [_along_time(_member(parameters, f"{end}_kernel")) for end in ("input", "output")]
    if any(kernel != kernels[0] for kernel in (*kernels, *ends)) or len(set(ratios)) != 1:
        return None
    if min(*filters, *depths, *dilations, *kernels) < 1 or ratios[0] < 0 or max(*filters, *depths, *kernels) > 4096:
        return None
    return {
        "kernel": kernels[0],
        "filters": filters,
        "depths": depths,
        "dilations": dilations,
        "squeeze_ratio": ratios[0],
    }


def _along_time(value: object) -> object:
    """Of [1, k] the k."""
    return value[1] if isinstance(value, list) and len(value) == 2 and value[0] == 1 else value


def _member(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _whole(value: object, what: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise UsageError(f"{what} is {text[:20]!r}, expected a whole number")
    return int(text)


def _printable(names: Iterable[str], longest: int = LONGEST_NAME) -> None:
    """Names reach terminals, pages and C comments."""
    for name in names:
        if len(name) > longest or not name.isprintable():
            raise UsageError(f"a name in it is longer than {longest} characters or not printable: {name[:20]!r}")
