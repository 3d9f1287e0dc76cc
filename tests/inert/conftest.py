"""A folder of results in which everything that somebody can name means harm."""

from __future__ import annotations

import numpy as np
import pytest
from tests.inert.corpus import CORPUS, NAMES

from paribus.record.folder import Timing, Trained
from paribus.record.run import Result, Status
from paribus.record.store import LastRequest, Store, specs
from paribus.workflow.results import load_results


@pytest.fixture(scope="package")
def folder(made, tmp_path_factory):
    """The folder, of which the name means harm too."""
    names = list(NAMES)
    study = made.study(
        names,
        name=CORPUS[0],
        title=CORPUS[1],
        seeds=2,
        questions=[
            {"treatment": name, "reference": names[0], "ask": CORPUS[place % len(CORPUS)]}
            for place, name in enumerate(names[1:], start=2)
        ],
        published={name: {"test": 0.9, "note": name} for name in names},
        notes={"study": CORPUS[2], **{name: name for name in names}},
    )
    used = made.MNIST.model_copy(update={"stand_in": True, "source": CORPUS[3]})
    path = tmp_path_factory.mktemp("inert") / "a\x1b[31m$(touch hacked)\u202e<b>"
    store = Store(path)
    store.write_study(study, {"mnist": used})
    for name, spec in specs(study, {"mnist": used}, study.variants, [0, 1]):
        run = store.run(spec)
        if run.result() is not None:  # variants that change nothing share their runs
            continue
        run.start(spec, {"python": name, "processor": name, "versions": {"jax": name}, "flags": {name: name}})
        for row in made.history(3, seed=spec.seed):
            run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
        outputs = np.eye(10, dtype=np.float32)
        trained = Trained({"output/kernel": np.zeros(3, np.float32)}, outputs, np.arange(10, dtype=np.uint8))
        test = {"accuracy": 0.9 + spec.seed / 100, "loss": 0.1, "data_loss": 0.1}
        run.finish(Result(Status.FINISHED, 3, 3, test, 7850, "\n".join(CORPUS)), trained)
    store.write_last_request(LastRequest(dict.fromkeys(names, (0, 1)), 1))
    return path


@pytest.fixture(scope="package")
def results(folder):
    return load_results(folder)
