"""How many threads a run is trained on, and how many runs side by side.

The bits of a result depend on its number of threads, so that number follows from the study, the cores and how
many workers the memory holds, by a rule for each shape: no measurement of a busy machine decides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from paribus.execute.cost import finished_at
from paribus.execute.plan import Chosen, Plan, PlannedRun
from paribus.study.configuration import Configuration
from paribus.study.shapes import multiply_adds
from paribus.study.update_mode import LARGE_KERNEL, UpdateMode, first_kernel_weights

Threads: TypeAlias = int | Literal["auto"]

_MIN_GAIN = 1.1  # with less, more threads are not worth that bits differ
_MAX_THREADS = 8  # of a run with `auto`, since steps are too small for many more

# The share of a step that is divided among threads, in steps of at least so many multiply-adds. Measured on
# two threads, and rounded down: docs/performance.md.
_CONVOLUTION = ((1e8, 0.8), (3e7, 0.6))
_DENSE = ((1e9, 0.8), (1e8, 0.6))
_DELAYED = ((LARGE_KERNEL, 0.8), (2**18, 0.5))  # of a first kernel with at least so many weights
_RECURRENT = ("lstm", "gru", "rnn", "bidirectional", "time_distributed")


def speedup(configuration: Configuration, mode: UpdateMode, threads: int) -> float:
    """Return how many times as fast an epoch is on several threads as on one; 1 where it is not faster.

    Small products take longer to hand to another thread than to compute: dense networks at small batches gain
    nothing, and recurrent ones neither. What a function of the user's gains is not known.

    Args:
        configuration: What is trained.
        mode: How its epochs are computed.
        threads: How many.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2").variants
        >>> [speedup(lab[name].configuration, "stepwise", 2) for name in ("1", "5")]
        [1.4285714285714286, 1.0]
    """
    return _times_as_fast(_shared(configuration, mode), threads)


def _times_as_fast(share: float, threads: int) -> float:
    found = 1 / (1 - share + share / threads)
    return found if found >= _MIN_GAIN else 1.0


def _shared(configuration: Configuration, mode: UpdateMode) -> float:
    """Return the share of a step's time that threads divide among them."""
    if configuration.train is not None:
        return 0.0
    layers = configuration.layers
    kinds = [kind for layer in layers for kind in (layer.kind, layer.wrapped.kind if layer.wrapped else "")]
    if any(word in kind for kind in kinds for word in _RECURRENT):
        return 0.0
    if mode == "together":
        return 0.0  # what several seeds gain together was not measured on several threads
    if mode == "delayed":
        return _of(_DELAYED, first_kernel_weights(configuration))
    step = 3 * configuration.batch_size * multiply_adds(configuration.layers, configuration.facts.entering)
    return _of(_CONVOLUTION if any("conv" in kind for kind in kinds) else _DENSE, step)


def _of(shares: Sequence[tuple[float, float]], size: float) -> float:
    return next((share for least, share in shares if size >= least), 0.0)


def choose(
    plan: Plan,
    wanted: Threads,
    *,
    cores: int,
    most: int,
    workers: int | None = None,
    widest: int | None = None,
) -> Chosen:
    """Choose how many runs are trained side by side, and on how many threads each.

    Args:
        plan: What is to be trained.
        wanted: Threads of every run; ``auto`` for whatever is done first, where several must save a tenth.
        cores: Of the machine, or of all machines of a cluster.
        most: Workers that the memory holds.
        workers: As many as the user asked for; None where they did not.
        widest: Cores of the largest machine of a cluster; None on one machine.
    """
    if wanted != "auto":
        return Chosen(wanted, workers or max(1, min(cores // wanted, most)), cores)
    one = Chosen(1, workers or max(1, min(cores, most)), cores, is_auto=True)
    tasks = [
        (task.work, _shared(task.runs[0].spec.configuration, task.update_mode))
        for task in plan.tasks()
        if not task.runs[0].epochs_done
    ]
    longest = max(1, min(_MAX_THREADS, widest or cores, cores // workers if workers else cores))
    candidates = [
        replace(one, threads=threads, workers=workers or max(1, min(cores // threads, most)))
        for threads in range(2, longest + 1)
    ]
    if not tasks or not candidates:
        return one
    best = min(candidates, key=lambda each: _takes(tasks, each))
    gain = _takes(tasks, one) / _takes(tasks, best)
    return replace(best, gain=gain) if gain >= _MIN_GAIN else one


def assign(plan: Plan, chosen: Chosen) -> Plan:
    """Return the plan with the threads of each run: as it began or ended, else as chosen."""
    return replace(plan, chosen=chosen, runs=tuple(_with_threads(run, chosen) for run in plan.runs))


def _with_threads(run: PlannedRun, chosen: Chosen) -> PlannedRun:
    if run.is_done or run.epochs_done:
        return run
    return replace(run, threads=threads_of(run, chosen))


def threads_of(run: PlannedRun, chosen: Chosen) -> int:
    """Return the threads of a run that begins."""
    gains = speedup(run.spec.configuration, run.update_mode, chosen.threads) > 1
    return chosen.threads if gains or not chosen.is_auto else 1


def _takes(tasks: Iterable[tuple[float, float]], chosen: Chosen) -> float:
    """Return how long tasks take, given the work of each and the share of it that threads divide."""
    lengths = (work / _times_as_fast(share, chosen.threads) for work, share in tasks)
    return finished_at(lengths, chosen.workers)
