"""A study's folder with every kind of file that results have, written by hand as a training writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing, Trained
from paribus.record.run import Result, Status
from paribus.record.store import LastRequest, Store, specs


def made_results(made, folder: Path, names=("plain", "l2"), seeds=3, unended=(), **fields) -> Store:
    """Write ended runs of each variant and seed; those in `unended` have a checkpoint instead."""
    fields.setdefault("questions", [{"treatment": "l2", "reference": "plain"}] if "l2" in names else [])
    study, data = made.study(names, seeds=seeds, **fields), {"mnist": made.MNIST}
    store = Store(folder)
    store.write_study(study, data)
    for name, spec in specs(study, data, study.variants, range(seeds)):
        run = store.run(spec)
        run.start(spec, {"versions": {}, "flags": {}})
        top = (0.99, 0.90 + 0.02 * study_place(study, name))
        for row in made.history(2, seed=spec.seed, top=top):
            run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
        if (name, spec.seed) in unended:
            run.save(Checkpoint(2, {"trainable/0": np.zeros(2, np.float32)}))
            continue
        draw = np.random.default_rng(spec.seed)
        labels = np.arange(200, dtype=np.uint8) % 10
        is_right = draw.random(200) < 0.75 + 0.15 * study_place(study, name)
        outputs = np.eye(10, dtype=np.float32)[np.where(is_right, labels, (labels + 1) % 10)]
        trained = Trained({"output/kernel": draw.normal(size=(784, 10)).astype(np.float32)}, outputs, labels)
        test = {"accuracy": float(is_right.mean()), "loss": 0.1, "data_loss": 0.1}
        run.finish(Result(Status.FINISHED, 2, 2, test, 7850, update_mode="stepwise"), trained)
    store.write_last_request(LastRequest(dict.fromkeys(study.variants, tuple(range(seeds))), 1))
    return store


def study_place(study, name: str) -> int:
    """Return the place of a variant in its study, from 0."""
    return list(study.variants).index(name)
