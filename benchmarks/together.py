"""Whether several seeds train faster together than one after the other: `python -m benchmarks.together`.

Prints a row of docs/gpu.md's table for each network, batch size and number of seeds: seconds of the processor
that an epoch of all seeds takes on one thread, probes included and compilation not. Medians of some epochs.
On a GPU it says nothing: there the clock counts.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np

from paribus.data.dataset import Dataset, identity
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.reader import load

NETWORKS: dict[str, tuple[int, list[int]]] = {"50-64-64-10": (50, [64, 64]), "784-128-10": (784, [128])}
EPOCHS = 6


class Times:
    """A sink that notes when each seed's epochs end."""

    def __init__(self) -> None:
        self.ends: dict[int, list[float]] = {}

    def epoch(self, spec: RunSpec, *_: Any) -> None:
        self.ends.setdefault(spec.seed, []).append(time.process_time())

    def checkpoint(self, *_: Any) -> None:
        """Keep nothing."""

    def end(self, *_: Any) -> None:
        """Keep nothing."""

    @property
    def epochs(self) -> list[float]:
        """The median seconds of each seed's epochs but the first."""
        return [float(np.median(np.diff(each))) for each in self.ends.values()]


def measured(name: str, batch: int, seeds: int, examples: int, optimizer: str) -> tuple[float, float]:
    """Return seconds of an epoch of all seeds one after the other, and together."""
    from paribus.engine.program import Program
    from paribus.engine.together import train_together
    from paribus.engine.training import train

    columns, hidden = NETWORKS[name]
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(examples, columns)).astype(np.float32), draw.integers(0, 10, examples)
    arrays = (x, y, x[:100], y[:100])
    facts = {"sha256": identity(*arrays), "verified": True, "stand_in": False, "origin": ""}
    dataset = Dataset("made", *arrays, classes=tuple("0123456789"), **facts)
    study = load(
        {
            "name": "together",
            "data": "mnist",
            "base": {
                "validation": 0.1,
                "model": {"hidden": hidden},
                "loss": "categorical_crossentropy",
                "optimizer": {"name": optimizer, "learning_rate": 0.001},
                "batch_size": batch,
                "epochs": EPOCHS,
            },
            "variants": {"v": {}},
        }
    )
    configuration = study.variants["v"].configuration
    used = DataIdentity(name="made", sha256=dataset.sha256)
    specs = [RunSpec(configuration=configuration, seed=seed, data=used) for seed in range(seeds)]
    program, alone, both = Program(configuration, (columns,), "stepwise"), Times(), Times()
    for spec in specs:
        train([spec], dataset, alone, program=program)
    train_together(specs, dataset, both, program=program, resumed={})
    return sum(alone.epochs), max(both.epochs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=5000)
    parser.add_argument("--batches", type=int, nargs="*", default=[8, 32, 128])
    parser.add_argument("--seeds", type=int, nargs="*", default=[5, 10, 30])
    parser.add_argument("--optimizers", nargs="*", default=["sgd", "adam"])
    given = parser.parse_args()
    sys.stdout.write(
        "| network | optimizer | batch | seeds | one after the other | together | times as fast |\n"
    )
    sys.stdout.write("| --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
    for name in NETWORKS:
        for optimizer in given.optimizers:
            for batch in given.batches:
                for seeds in given.seeds:
                    alone, both = measured(name, batch, seeds, given.examples, optimizer)
                    times = f"{alone * 1e3:.0f} ms | {both * 1e3:.0f} ms | {alone / both:.2f}"
                    sys.stdout.write(f"| {name} | {optimizer} | {batch} | {seeds} | {times} |\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
