"""Simulate a cluster of a thousand workers and a hundred thousand runs: `python -m benchmarks.cluster`.

The plan is a real one, of a study with a thousand variants and a hundred seeds; what it takes to make, divide
and hand out is measured. Training is not: its seconds are those that the plan expects, times a factor that is
drawn for each task, since no machine keeps to a plan.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from paribus.execute.cost import AGAIN, Rates
from paribus.execute.estimate import kind_of, predict_epoch
from paribus.execute.messages import Assignment, DataSource, EpochDone, parse_event
from paribus.execute.plan import Plan, Task, plan
from paribus.execute.shards import division
from paribus.execute.simulate import Overhead, Simulated, simulate
from paribus.record.run import DataUsed
from paribus.record.store import Store
from paribus.study.reader import load
from paribus.study.study import Study

MNIST = DataUsed(name="mnist", sha256="06" * 32, verified=True, stand_in=False, train=60_000, test=10_000)
RATES = Rates((6e-11, 7e-11, 15e-10), start=4.0, setup=2.0)
"""One core of an ordinary server; a worker starts in four seconds and compiles in two."""
SPREAD = 0.3
"""Standard deviation of the logarithm of how long a task takes, relative to what was expected."""


def study(variants: int) -> Study:
    """A study of many variants: widths, learning rates and dropouts crossed."""
    side = round(variants ** (1 / 3))
    widths = np.unique(np.geomspace(64, 2048, side).astype(int)).tolist()
    rates = [float(f"{rate:.3g}") for rate in np.geomspace(1e-4, 1e-1, side)]
    dropouts = [float(f"{share:.3g}") for share in np.linspace(0.0, 0.6, side)]
    base = {
        "scale": "unit",
        "model": {"hidden": [64], "activation": "relu", "output": "softmax"},
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.001},
        "batch_size": 128,
        "epochs": 30,
    }
    named = {
        f"w{width}-r{rate}-d{share}": {
            "model": {"hidden": [width], "dropout": share},
            "optimizer": {"name": "adam", "learning_rate": rate},
        }
        for width in widths
        for rate in rates
        for share in dropouts
    }
    return load({"name": "many", "data": "mnist", "base": base, "variants": named})


def lengths(planned: Plan) -> Iterator[tuple[tuple[str, str], float]]:
    """The kind and the expected seconds of every task."""
    for task in planned.tasks():
        longest = max(predict_epoch(run, RATES) * run.spec.configuration.epochs for run in task.runs)
        yield kind_of(task.runs[0].spec, task.update_mode), longest


def seconds_to_hand_out(tasks: tuple[Task, ...], rounds: int = 200) -> float:
    """What it takes to hand a task to a worker: its line, written here and read there."""
    taken: list[float] = []
    for task in tasks[:rounds]:
        begun = time.process_time()
        made = Assignment(
            specs=tuple(run.spec for run in task.runs), folder=Path("many"), source=DataSource()
        )
        Assignment.model_validate_json(made.to_line())
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def epochs_a_second(rounds: int = 2000) -> float:
    """How many epochs of its workers one process can take in each second."""
    row = {"epoch": 1.0, "loss": 0.1, "accuracy": 0.97, "val_loss": 0.12, "val_accuracy": 0.96}
    line = EpochDone(run="0" * 64, row=row, seconds=1.0).to_line()
    begun = time.process_time()
    for _ in range(rounds):
        parse_event(line)
    return rounds / (time.process_time() - begun)


def main() -> None:
    """Plan, divide and simulate, and print what each took and what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--variants", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    begun, since = time.process_time(), time.perf_counter()
    many = study(asked.variants)
    read = time.process_time() - begun
    with tempfile.TemporaryDirectory() as empty:
        seeds = dict.fromkeys(many.variants, range(asked.seeds))
        planned = plan(many, {"mnist": MNIST}, store=Store(Path(empty)), seeds=seeds)
    tasks = planned.tasks()
    plan_seconds = time.process_time() - begun - read
    shards = division(planned.runs, 100)
    divided = time.process_time() - begun - read - plan_seconds
    known = list(lengths(planned))
    handing_out = seconds_to_hand_out(tasks)
    overhead = Overhead(RATES.start, RATES.setup, handing_out)
    found = simulated(known, asked.workers, overhead)
    whole, clock = time.process_time() - begun, time.perf_counter() - since
    mean = statistics.fmean(length for _, length in known)
    figures: dict[str, object] = {
        "runs": len(planned.runs),
        "tasks": len(tasks),
        "workers": asked.workers,
        "study read": f"{read:.1f} s of a processor",
        "planned": f"{plan_seconds:.1f} s of a processor",
        "divided into 100 shards": f"{divided:.1f} s of a processor",
        "largest and smallest shard": f"{100 * max(shards.loads):.4f} % and {100 * min(shards.loads):.4f} %",
        "all of it": f"{whole:.1f} s of a processor, {clock:.1f} s by the clock",
        "peak memory": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB",
        "a task, on average": f"{mean:.0f} s",
        "to hand a task out": f"{1e3 * handing_out:.2f} ms",
        "epochs that one process takes in": f"{epochs_a_second():,.0f} a second",
        "epochs that end": f"{30 * len(tasks) / found.seconds:,.0f} a second",
        "core-hours": f"{(found.trained + found.prepared) / 3600:,.0f}",
        "makespan": f"{found.seconds / 3600:.2f} h",
        "utilisation until the last wave": f"{100 * found.utilisation_before:.1f} %",
        "utilisation to the end": f"{100 * found.utilisation:.1f} %",
        "the last wave takes": f"{(found.seconds - found.last_wave) / 60:.1f} min",
        "compiled for the first time": f"{_first_times(found, overhead):,} of the runs",
        "limited by": found.limit,
    }
    for name, figure in figures.items():
        print(f"{name:34} {figure}")
    print("\nBy how long a task takes on average:")
    by_length = [
        row(known, asked.workers, overhead, mean, length) for length in (1, 3, 10, 30, 100, 300, 1000)
    ]
    print("\nBy workers:")
    by_workers = [
        row(known, workers, overhead, mean, mean) for workers in (1, 10, 100, 1000, 10_000, 100_000)
    ]
    if asked.json:
        asked.json.write_text(json.dumps([figures, by_length, by_workers], indent=1))
    if found.utilisation_before < 0.95 or whole > 60:
        sys.exit("not within the bounds: 95 % until the last wave, a minute in all")


def _first_times(found: Simulated, overhead: Overhead) -> int:
    """How often a worker trained what it had not compiled yet, from what all preparation took."""
    again = AGAIN * overhead.setup
    return round((found.prepared - found.tasks * again) / (overhead.setup - again))


def simulated(
    known: list[tuple[tuple[str, str], float]], workers: int, overhead: Overhead, scale: float = 1.0
) -> Simulated:
    """What becomes of tasks that take as long as was expected, give or take some."""
    draw = np.random.default_rng(0)
    factors = iter(np.exp(draw.normal(-(SPREAD**2) / 2, SPREAD, len(known))) * scale)
    return simulate(known, workers, overhead, lambda seconds: seconds * float(next(factors)))


Known = list[tuple[tuple[str, str], float]]


def row(known: Known, workers: int, overhead: Overhead, mean: float, length: float) -> dict[str, object]:
    """Print a line of a table: what becomes of it where a task takes `length` seconds on average."""
    found = simulated(known, workers, overhead, length / mean)
    print(
        f"  {length:7.0f} s a task, {workers:7,} workers: {found.seconds / 3600:10.2f} h, "
        f"{100 * found.utilisation_before:5.1f} % until the last wave, "
        f"{100 * found.utilisation:5.1f} % to the end, limited by {found.limit}",
        flush=True,
    )
    return {
        "length": length,
        "workers": workers,
        "hours": found.seconds / 3600,
        "before": found.utilisation_before,
        "whole": found.utilisation,
        "limit": found.limit,
    }


if __name__ == "__main__":
    main()
