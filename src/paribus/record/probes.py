"""Probes, measured inside a network while it trains, one in each line of ``probes.jsonl``.

docs/probes.md defines every number, and when and on which images it is measured.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import Any, cast, overload

from pydantic import TypeAdapter

from paribus.record import files
from paribus.record.run import RunRecord

PROBES = "probes.jsonl"


@dataclass(frozen=True)
class LayerProbe:
    """One layer at one moment; None where a number is not finite or does not apply to the layer.

    Args:
        gradient: Euclidean norm of the gradient of the whole loss with respect to all weights of the layer.
        weight: Norm of these weights.
        update: Norm of the update that the optimizer would make with that gradient.
        ratio: `update` divided by `weight`.
        dead: Share of units whose output is zero for every image of the sample.
        identical: Share of units with the same incoming weights and bias as another unit, bit for bit.
        active: Share of the outputs, over units and images, that are positive.
    """

    gradient: float | None = None
    weight: float | None = None
    update: float | None = None
    ratio: float | None = None
    dead: float | None = None
    identical: float | None = None
    active: float | None = None


def relative(update: float | None, weight: float | None) -> float | None:
    """Return an update's size over that of the weights; None where either is unknown or these are 0."""
    return update / weight if update is not None and weight else None


@dataclass(frozen=True)
class Probe:
    """A network at one moment, measured on a fixed sample of its training images.

    Args:
        epoch: The number of epochs trained before: 0 at initialization and during the first epoch.
        step: The number of updates made before, counted from the beginning of the run.
        data_loss: Mean loss of the sample, without the penalty.
        penalty: The regularizers' sum.
        accuracy: Share of the sample predicted correctly, in [0, 1].
        predicted: The number of images of the sample predicted as each class.
        saturated: Share of the outputs at the ends of their range; None where their range is unbounded.
        layers: By the name that the study's ``layers`` gives them, in the order of the network.
        training_loss: As `data_loss`, in training mode; None where the mode changes nothing, and for runs of
            older versions.
        training_accuracy: As `accuracy`, in training mode; None as above.
    """

    epoch: int
    step: int
    data_loss: float | None
    penalty: float | None
    accuracy: float | None
    predicted: tuple[int, ...]
    saturated: float | None
    layers: Mapping[str, LayerProbe]
    training_loss: float | None = None
    training_accuracy: float | None = None


_PROBE = TypeAdapter(Probe)
_NAMES = {each.name for each in fields(Probe)}
_NUMBERS = sorted(_NAMES - {"epoch", "step", "predicted", "layers"})
_OF_LAYER = [each.name for each in fields(LayerProbe)]
_HELD = 200
"""Runs whose probes are held in memory at once."""


def read(record: RunRecord) -> tuple[Probe, ...]:
    """Read a run's probes in the order of its training; none where an earlier version trained it."""
    try:
        return tuple(map(_probe, files.read_lines(record.folder / PROBES)))
    except (OSError, ValueError):
        return ()


def _probe(line: Mapping[str, Any]) -> Probe:
    """Return the probe in a line; one just as it is written is not put through pydantic, which takes long.

    Raises:
        ValueError: It is none.
    """
    layers, predicted = line.get("layers"), line.get("predicted")
    if {*line} != _NAMES or not isinstance(layers, dict) or not isinstance(predicted, list):
        return _PROBE.validate_python(line)
    each_layer = cast("dict[str, dict[str, Any]]", layers)
    numbers = [line[name] for name in _NUMBERS]
    counts = [line["epoch"], line["step"], *cast("list[Any]", predicted)]
    for layer in each_layer.values():
        if type(layer) is not dict or [*layer] != _OF_LAYER:
            return _PROBE.validate_python(line)
        numbers += layer.values()
    if not {*map(type, numbers)} <= {float, NoneType} or {*map(type, counts)} != {int}:
        return _PROBE.validate_python(line)
    of_layers = {name: LayerProbe(*layer.values()) for name, layer in each_layer.items()}
    values: dict[str, Any] = {**line, "predicted": tuple(counts[2:]), "layers": of_layers}
    return Probe(**values)


class KeptProbes(Sequence[Probe]):
    """A run's probes, read when they are asked for, and let go of again once enough other runs' were.

    Their number, the first and the last one stay known. Ten thousand runs have a million probes.

    Args:
        record: The run.
        recent: Those that are held now, the oldest first; runs that are read together share it.
    """

    def __init__(self, record: RunRecord, recent: deque[KeptProbes]) -> None:
        self._record, self._recent = record, recent
        self._all: tuple[Probe, ...] | None = None
        self._ends: tuple[Probe, ...] = ()
        self._length: int | None = None

    def __len__(self) -> int:
        return len(self._read()) if self._length is None else self._length

    @overload
    def __getitem__(self, place: int) -> Probe: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Probe, ...]: ...
    def __getitem__(self, place: int | slice) -> Probe | tuple[Probe, ...]:
        if self._all is None and self._ends and place in (0, -1):
            return self._ends[place]
        return self._read()[place]

    def __iter__(self) -> Iterator[Probe]:
        return iter(self._read())

    def _read(self) -> tuple[Probe, ...]:
        if self._all is not None:
            return self._all
        self._all = found = read(self._record)
        self._length, self._ends = len(found), (*found[:1], *found[-1:])
        self._recent.append(self)
        if len(self._recent) > _HELD:
            self._recent.popleft()._all = None
        return found


def are_sound(lines: Iterable[object]) -> bool:
    """Return whether lines read from a file are probes."""
    try:
        for line in lines:
            _PROBE.validate_python(line)
    except ValueError:
        return False
    return True


def append(path: Path, probes: Iterable[Probe]) -> None:
    """Append probes to a file, one in each line."""
    for probe in probes:
        files.append_line(path, asdict(probe))
