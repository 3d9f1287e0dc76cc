"""Probes, measured inside a network while it trains, one in each line of ``probes.jsonl``.

docs/probes.md defines every number, and when and on which images it is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

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


def read(record: RunRecord) -> tuple[Probe, ...]:
    """Read a run's probes in the order of its training; none where an earlier version trained it."""
    try:
        return tuple(_PROBE.validate_python(line) for line in files.read_lines(record.folder / PROBES))
    except (OSError, ValueError):
        return ()


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
