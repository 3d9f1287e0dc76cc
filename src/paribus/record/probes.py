"""What was measured inside a network while it trained: ``probes.jsonl``, a line a probe.

What each number means, on which images and when it is measured, is in docs/probes.md.
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
    """One layer at one moment; None where a number is not finite, or the layer has no such number.

    Args:
        gradient: Euclidean norm of the gradient of the whole loss, by all weights of the layer together.
        weight: Norm of these weights.
        update: Norm of what the optimizer would change of them by that gradient.
        ratio: `update` divided by `weight`.
        dead: Share of units that put out zero for every image of the sample.
        identical: Share of units that have the same incoming weights and bias as another, to the bit.
        active: Share of the outputs, over units and images, that are positive.
    """

    gradient: float | None = None
    weight: float | None = None
    update: float | None = None
    ratio: float | None = None
    dead: float | None = None
    identical: float | None = None
    active: float | None = None


@dataclass(frozen=True)
class Probe:
    """A network at one moment, measured on a fixed sample of its training images.

    Args:
        epoch: How many epochs were behind it: 0 at initialization and in the course of the first.
        step: How many updates were behind it, counted from the beginning of the run.
        data_loss: Mean loss of the sample, without the penalty.
        penalty: The regularizers' sum.
        accuracy: Share of the sample answered rightly, in [0, 1].
        predicted: How many images of the sample were answered with each class.
        saturated: Share of the outputs at the ends of their range; None where their range has no ends.
        layers: By the name that the study's ``layers`` gives them, the first layer first.
    """

    epoch: int
    step: int
    data_loss: float | None
    penalty: float | None
    accuracy: float | None
    predicted: tuple[int, ...]
    saturated: float | None
    layers: Mapping[str, LayerProbe]


_PROBE = TypeAdapter(Probe)


def read(record: RunRecord) -> tuple[Probe, ...]:
    """A run's probes in the order of its training; none where an earlier version trained it.

    Args:
        record: The run, as the store reads it; it has held the file against its digest.
    """
    try:
        return tuple(_PROBE.validate_python(line) for line in files.read_lines(record.folder / PROBES))
    except ValueError:
        return ()


def append(path: Path, probes: Iterable[Probe]) -> None:
    """Add probes to a file, a line each."""
    for probe in probes:
        files.append_line(path, asdict(probe))
