"""Ratios of measured figures, each with its target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.cells import (
    ADAM,
    ALL_CORES,
    CIFAR,
    KERAS_TENSORFLOW,
    MNIST,
    ONE_THREAD,
    PARIBUS,
    RMSPROP,
    SIDE_BY_SIDE,
    WHOLE_EPOCH,
    Cell,
)
from benchmarks.raw import matching
from benchmarks.summary import Summary

MNIST_8, CIFAR_8 = replace(MNIST, batch_size=8), replace(CIFAR, batch_size=8)

LAB: tuple[tuple[Cell, int, int], ...] = (
    (MNIST, 6 * 30, 6 * 30),  # 1, 2, 3a, 3b, 3c, 4a
    (RMSPROP, 2 * 30, 2 * 30),  # 4b, 4b-l2
    (ADAM, 30, 30),  # 4c
    (MNIST_8, 30 + 10, 30),  # 5 and 6, one trajectory for Paribus
    (CIFAR, 2 * 30, 2 * 30),  # 7a, 7b
    (CIFAR_8, 43, 43),  # 7c
)
"""The whole lab: a cell, epochs that Keras trains, epochs that Paribus trains. As published, also where early
stopping ended; a variant without L2, or with momentum, counts as the cell of its shape and batch size."""


@dataclass(frozen=True)
class Ratio:
    """A ratio and its target.

    Args:
        what: In words.
        reached: The measured figure; None where something of it was not measured.
        target: The promised one; None where nothing was promised.
        unit: Written after both.
        smaller: Whether small is good.
    """

    what: str
    reached: float | None
    target: float | None
    unit: str
    smaller: bool = False

    @property
    def holds(self) -> bool | None:
        """Return whether the target is reached; None where a figure is missing."""
        if self.reached is None or self.target is None:
            return None
        return self.reached <= self.target if self.smaller else self.reached >= self.target


def rate(measured: Summary, cell: Cell, contender: str, arrangement: str) -> float | None:
    """Return the images a second; None where they were not measured."""
    rows = matching(measured["epochs"], cell=cell.name, contender=contender, arrangement=arrangement)
    return rows[0]["images_per_second"] if rows else None


def best_peer(measured: Summary, cell: Cell) -> dict[str, Any] | None:
    """Return the fastest row of a cell, in any arrangement, that is not Paribus's."""
    peers = [
        each for each in matching(measured["epochs"], cell=cell.name) if each["contender"] != PARIBUS.name
    ]
    return max(peers, key=lambda each: each["images_per_second"], default=None)


def lab_seconds(
    measured: Summary, contender: str, arrangement: str, epochs: Callable[[int, int], int]
) -> float | None:
    """Return the seconds of all epochs of the lab at the measured rates, without validation and start-up.

    Args:
        measured: The measurements.
        contender: Who trains.
        arrangement: In which arrangement, its throughput taken for the whole lab.
        epochs: Picks the epochs, of Keras's and Paribus's numbers.
    """
    total = 0.0
    for cell, theirs, ours in LAB:
        images = rate(measured, cell, contender, arrangement)
        if images is None:
            return None
        total += epochs(theirs, ours) * WHOLE_EPOCH[cell.data] / images
    return total


def ratios(measured: Summary) -> list[Ratio]:
    """Return all ratios in the order of the page."""
    return [
        *_small_batches(measured),
        *_shares(measured),
        *_against_keras(measured),
        *_against_best(measured),
        *_gains(measured),
        _lab(measured),
        *_starts(measured),
    ]


def over(above: float | None, below: float | None) -> float | None:
    """Return a quotient where both are known."""
    return None if above is None or not below else above / below


def title(cell: Cell) -> str:
    """Describe a cell in a few words."""
    return f"{'MNIST' if cell.data == 'mnist' else 'CIFAR-10'}, batch {cell.batch_size}"


def _small_batches(measured: Summary) -> Iterator[Ratio]:
    for large, small in ((MNIST, MNIST_8), (CIFAR, CIFAR_8)):
        name = "784-784-10" if large is MNIST else "3072-3072-10"
        rates = [rate(measured, cell, PARIBUS.name, ONE_THREAD) for cell in (large, small)]
        what = f"An epoch at batch 8 over one at batch 128, {name}, one thread"
        yield Ratio(what, over(*rates), 1.25, " ×", smaller=True)


def _shares(measured: Summary) -> Iterator[Ratio]:
    for cell, target in ((MNIST, 85), (CIFAR, 85), (MNIST_8, 70), (CIFAR_8, 70)):
        rows = matching(measured["sgemm"], cell=cell.name)
        reached = 100 * rows[0]["share"] if rows else None
        yield Ratio(f"Share of the machine's matrix product, {title(cell)}", reached, target, " %")


def _against_keras(measured: Summary) -> Iterator[Ratio]:
    for cell, target in ((MNIST, 3), (MNIST_8, 15), (CIFAR, 4), (CIFAR_8, 35)):
        ours = rate(measured, cell, PARIBUS.name, SIDE_BY_SIDE)
        theirs = rate(measured, cell, KERAS_TENSORFLOW.name, ALL_CORES)
        what = f"A study's images a second over Keras's on TensorFlow, all cores, {title(cell)}"
        yield Ratio(what, over(ours, theirs), target, " ×")


def _against_best(measured: Summary) -> Iterator[Ratio]:
    for cell, target in ((MNIST, 1.2), (MNIST_8, 4), (CIFAR, 1.3), (CIFAR_8, 10)):
        best = best_peer(measured, cell)
        named = f" ({best['contender']}; {best['arrangement']})" if best else ""
        ours = rate(measured, cell, PARIBUS.name, SIDE_BY_SIDE)
        reached = over(ours, best["images_per_second"] if best else None)
        yield Ratio(
            f"A study's images a second over the best peer's{named}, {title(cell)}", reached, target, " ×"
        )


def _gains(measured: Summary) -> Iterator[Ratio]:
    for cell in (MNIST, MNIST_8, CIFAR, CIFAR_8):
        two, one = (rate(measured, cell, PARIBUS.name, each) for each in (SIDE_BY_SIDE, ONE_THREAD))
        yield Ratio(f"Two workers' images a second over one's, {title(cell)}", over(two, one), 1.9, " ×")


def _lab(measured: Summary) -> Ratio:
    theirs = lab_seconds(measured, KERAS_TENSORFLOW.name, ALL_CORES, lambda theirs, _: theirs)
    ours = lab_seconds(measured, PARIBUS.name, SIDE_BY_SIDE, lambda _, ours: ours)
    return Ratio(
        "All epochs of `lab2` under Keras on TensorFlow over Paribus's, estimated",
        over(theirs, ours),
        10,
        " ×",
    )


def _starts(measured: Summary) -> Iterator[Ratio]:
    starts = measured["starts"]
    yield Ratio("`paribus --help`", starts.get("help"), 0.4, " s", smaller=True)
    yield Ratio("`paribus show` of a finished study", starts.get("show"), 1.5, " s", smaller=True)
    what = "`paribus run` of a small study that was trained before, to its first epoch"
    yield Ratio(what, starts.get("first_epoch"), 3.0, " s", smaller=True)
