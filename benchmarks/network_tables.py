"""What was measured of the networks that people know: rates, processor time, ratios with targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.cells import ALL_CORES, KNOWN_CONTENDERS, ONE_THREAD, PARIBUS, SIDE_BY_SIDE
from benchmarks.networks import NETWORK_CELLS, NETWORKS, NetworkCell
from benchmarks.ratios import Ratio, over
from benchmarks.raw import matching
from benchmarks.summary import Summary
from benchmarks.whole import COLD, WARM, titles

_STUDY = {  # targets over Keras on TensorFlow, over PyTorch, or over the best peer under an empty name
    "mnist_convnet": {"Keras on TensorFlow": 1.3, "PyTorch": 1.5},
    "cifar_cnn": {"Keras on TensorFlow": 1.3, "PyTorch": 1.5},
    "2c2d": {"Keras on TensorFlow": 1.3, "PyTorch": 1.5},
    "3c3d": {"Keras on TensorFlow": 1.3, "PyTorch": 1.5},
    "mnist_mlp": {"": 2.0},
    "table": {"": 5.0},
    "lstm": {"Keras on JAX": 1.0},
    "gru": {"Keras on JAX": 1.0},
    "normalized": {"Keras on JAX": 1.0},
    "words": {"Keras on JAX": 1.0},
}
_PRODUCTS, _OTHERS = {"Keras on TensorFlow": 1.1, "PyTorch": 1.5}, {"Keras on JAX": 1.0}
_STEP = {  # the same for a step's processor time
    **dict.fromkeys(("mnist_convnet", "cifar_cnn", "2c2d", "3c3d"), _PRODUCTS),
    **dict.fromkeys(("lstm", "gru", "normalized", "words"), _OTHERS),
}


def title(cell: NetworkCell) -> str:
    """Describe a cell in a few words."""
    return f"{NETWORKS[cell.network].title}, batch {cell.batch_size}"


def rates(networks: Summary) -> Iterator[list[Any]]:
    """Yield a row of each cell: its title, and examples a second in each contender's best arrangement."""
    for cell in NETWORK_CELLS:
        row = [_best(networks, cell, each.name) for each in KNOWN_CONTENDERS]
        if any(row):
            yield [title(cell), *row]


def processor(networks: Summary) -> Iterator[list[Any]]:
    """Yield a row of each cell: processor milliseconds a step on one thread, the median and the smallest."""
    for cell in NETWORK_CELLS:
        row = [_busy(networks, cell, each.name) for each in KNOWN_CONTENDERS]
        if any(row):
            yield [title(cell), *row]


def studies(networks: Summary) -> Iterator[list[Any]]:
    """Yield a row of each whole study: its title, then seconds of Paribus, cold and warm, and of loops."""
    timed = networks.get("whole", [])
    for study, named in titles().items():
        cells = [(PARIBUS.name, COLD), (PARIBUS.name, WARM), *((name, "") for name in _others(""))]
        row = [
            next((each["seconds"] for each in matching(timed, study=study, contender=name, how=how)), None)
            for name, how in cells
        ]
        if any(row):
            yield [named, *row]


def ratios(networks: Summary) -> Iterator[Ratio]:
    """Yield the ratios of what was measured."""
    for cell in NETWORK_CELLS:
        ours = _rate(networks, cell, PARIBUS.name, SIDE_BY_SIDE)
        if ours is None:
            continue
        for peer, target in _STUDY[cell.network].items():
            theirs = max(filter(None, (_best(networks, cell, name) for name in _others(peer))), default=None)
            what = (
                f"{title(cell)}: a study's examples a second over those of {_named(peer)}, best arrangement"
            )
            yield Ratio(what, over(ours, theirs), target, " ×")
        mine, best = (_on_all_cores(networks, cell, names) for names in ([PARIBUS.name], _others("")))
        what = f"{title(cell)}: one run on all cores, examples a second over those of the best peer"
        if mine is not None:
            yield Ratio(what, over(mine, best), 1.0, " ×")
        busy = _busy(networks, cell, PARIBUS.name)
        for peer, target in _STEP.get(cell.network, {"": None}).items():
            theirs = min(filter(None, (_busy(networks, cell, name) for name in _others(peer))), default=None)
            what = f"{title(cell)}: a step's processor time, one thread, of {_named(peer)} over Paribus's"
            yield Ratio(what, over(theirs and theirs[0], busy and busy[0]), target, " ×")
    for named, *row in studies(networks):
        theirs = min(filter(None, row[2:]), default=None)
        what = f"{named}: the best peer's seconds for the whole study over Paribus's, compiled before"
        yield Ratio(what, over(theirs, row[1]), None, " ×")


def _others(peer: str) -> list[str]:
    return [each.name for each in KNOWN_CONTENDERS if each != PARIBUS and each.name.startswith(peer)]


def _named(peer: str) -> str:
    return peer or "the best peer"


def _rate(networks: Summary, cell: NetworkCell, contender: str, arrangement: str) -> float | None:
    rows = matching(networks["epochs"], cell=cell.name, contender=contender, arrangement=arrangement)
    return rows[0]["images_per_second"] if rows else None


def _on_all_cores(networks: Summary, cell: NetworkCell, contenders: Sequence[str]) -> float | None:
    rates = (_rate(networks, cell, name, ALL_CORES) for name in contenders)
    return max(filter(None, rates), default=None)


def _best(networks: Summary, cell: NetworkCell, contender: str) -> float | None:
    rows = matching(networks["epochs"], cell=cell.name, contender=contender)
    return max((each["images_per_second"] for each in rows), default=None)


def _busy(networks: Summary, cell: NetworkCell, contender: str) -> list[float] | None:
    rows = matching(networks["epochs"], cell=cell.name, contender=contender, arrangement=ONE_THREAD)
    return rows[0].get("processor_ms_a_step") if rows else None
