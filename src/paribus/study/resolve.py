"""From a variant's settings, merged, to its configuration; with everything that is wrong in them."""

from __future__ import annotations

from typing import cast, get_args

from paribus.study.arguments import known, technique, value
from paribus.study.configuration import Configuration, EarlyStopping, Monitor, Scale
from paribus.study.consistency import check
from paribus.study.datasets import IMAGE_SETS
from paribus.study.domains import ANY, COUNT, FLAG, FROM_ZERO, SHARE, WHOLE, Choice, Domain
from paribus.study.faults import Faults, shown
from paribus.study.layers import WEIGHT_SETTINGS, network
from paribus.study.techniques import Kind, entry, names
from paribus.study.yaml_node import YamlNode, merge

SETTINGS = (
    "data",
    "validation",
    "scale",
    "model",
    "loss",
    "optimizer",
    "learning_rate",
    "batch_size",
    "epochs",
    "early_stopping",
    *WEIGHT_SETTINGS,
    "layers",
)
_REQUIRED = ("data", "model", "loss", "optimizer", "epochs")
_STOPPING: dict[str, Domain] = {
    "monitor": Choice(get_args(Monitor)),
    "min_delta": FROM_ZERO,
    "patience": WHOLE,
    "mode": Choice(("auto", "min", "max")),
    "baseline": ANY,
    "restore_best_weights": FLAG,
    "start_from_epoch": WHOLE,
}
_ELSEWHERE = {
    "model": ("hidden", "activation", "output", "dropout", "batch_normalization"),
    "early_stopping": tuple(_STOPPING),
    "optimizer": tuple(
        {argument for name in names(Kind.OPTIMIZER) for argument in entry(Kind.OPTIMIZER, name).arguments}
    ),
}


def extend(below: YamlNode, level: YamlNode, faults: Faults) -> YamlNode:
    """A level's settings: what it starts from with its changes merged in.

    ``learning_rate`` is the optimizer as it stands on this level, at this rate.

    Args:
        below: The settings it starts from.
        level: What it declares.
        faults: Where what is wrong is noted.
    """
    merged = merge(below, level)
    rate = level.get("learning_rate")
    if rate is None:
        return merged.without("learning_rate")
    declared = level.get("optimizer")
    other = declared.get("learning_rate") if declared is not None else None
    if other is not None and other.plain() != rate.plain():
        faults.add("two-rates", rate)
    optimizer = merged.get("optimizer")
    if optimizer is None:
        faults.add("rate-without-optimizer", rate)
        return merged.without("learning_rate")
    change = YamlNode({"learning_rate": rate}, optimizer.path, optimizer.line)
    branches = {**merged.branches, "optimizer": merge(optimizer, change, "optimizer")}
    return YamlNode(branches, merged.path, merged.line).without("learning_rate")


def alone(level: YamlNode) -> YamlNode:
    """What can be read of a level without the one below it: no change to a technique or model of that one."""
    known = {"model": "hidden", **dict.fromkeys(("optimizer", *WEIGHT_SETTINGS[:2]), "name")}
    changing = [
        key
        for key, name in known.items()
        if key in level.branches
        and isinstance(level.branches[key].value, dict)
        and name not in level.branches[key].branches
    ]
    return level.without(*changing)


def configuration(settings: YamlNode, faults: Faults, *, whole: bool = True) -> Configuration | None:
    """The configuration these settings mean.

    Args:
        settings: Merged settings of a level.
        faults: Where what is wrong is noted.
        whole: Whether they must be consistent with each other.

    Returns:
        None when anything is wrong, or `missing`.
    """
    own = Faults()
    read = _read(settings, own)
    if read is not None and not len(own) and whole:
        check(read, settings, own)
    faults.take(*own)
    return None if len(own) else read


def missing(settings: YamlNode) -> list[str]:
    """The settings that every run needs and that are not here."""
    return [key for key in _REQUIRED if settings.get(key) is None]


def _read(settings: YamlNode, faults: Faults) -> Configuration | None:
    for key, piece in settings.branches.items():
        if key not in SETTINGS:
            _unknown(key, piece, faults)
    data = settings.get("data")
    name = _data(data, faults) if data is not None else None
    image_set = IMAGE_SETS.get(name or "")
    layers = network(settings, len(image_set.classes) if image_set else None, faults)
    loss, optimizer = settings.get("loss"), settings.get("optimizer")
    loss_name = known(loss, Kind.LOSS, faults) if loss is not None else None
    made = technique(optimizer, Kind.OPTIMIZER, faults) if optimizer is not None else None
    validation = _number(settings, "validation", SHARE, faults, default=0.1)
    batch_size = _number(settings, "batch_size", COUNT, faults, default=32)
    epochs = _number(settings, "epochs", COUNT, faults, default=1)
    scale = settings.get("scale")
    scaled = Choice(get_args(Scale)).accept(scale, faults) if scale is not None else "none"
    stopping = _early_stopping(settings, faults)
    if len(faults) or missing(settings) or name is None or loss_name is None or made is None:
        return None
    return Configuration(
        data=name,
        validation=validation,
        scale=cast("Scale", scaled),
        layers=layers,
        loss=loss_name,
        optimizer=made,
        batch_size=int(batch_size),
        epochs=int(epochs),
        early_stopping=stopping,
    )


def _unknown(key: str, place: YamlNode, faults: Faults) -> None:
    """Note an unknown setting; one that is at home elsewhere is sent there."""
    home = next((home for home, keys in _ELSEWHERE.items() if key in keys), None)
    if home is None:
        faults.unknown("setting", place, key, SETTINGS)
    else:
        faults.add("elsewhere", place, given=shown(key), home=home, key=key)


def _data(written: YamlNode, faults: Faults) -> str | None:
    name = written.text
    if name is None:
        faults.wrong(written, Choice(tuple(IMAGE_SETS)))
    elif name not in IMAGE_SETS:
        faults.unknown("data", written, name, IMAGE_SETS)
    else:
        return name
    return None


def _number(settings: YamlNode, key: str, domain: Domain, faults: Faults, *, default: float) -> float:
    piece = settings.get(key)
    found = default if piece is None else value(domain, piece, faults)
    return float(found) if isinstance(found, int | float) else default


def _early_stopping(settings: YamlNode, faults: Faults) -> EarlyStopping | None:
    written = settings.get("early_stopping")
    if written is None:
        return None
    if not isinstance(written.value, dict):
        faults.add("not-a-mapping", written, given="early_stopping", names=", ".join(_STOPPING))
        return None
    for key, piece in written.value.items():
        if key not in _STOPPING:
            faults.unknown("argument", piece, key, _STOPPING, "early_stopping")
    before = len(faults)
    given = {
        key: value(domain, written.branches[key], faults)
        for key, domain in _STOPPING.items()
        if written.get(key) is not None
    }
    if len(faults) > before:
        return None
    stopping = EarlyStopping.model_validate(given)
    usual = "max" if stopping.monitor.endswith("accuracy") else "min"
    return stopping.model_copy(update={"mode": "auto"}) if stopping.mode == usual else stopping
