"""What Python gives of a run besides its figures: its probes, and its mistakes on the test images."""

import numpy as np
import pytest

from paribus.record.folder import Timing, Trained
from paribus.record.probes import LayerProbe, Probe
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.workflow.results import load_results


@pytest.fixture
def results(made, tmp_path):
    """A study of two seeds of which the second diverged in its first epoch."""
    study, data = made.study(("plain",), seeds=2), {"mnist": made.MNIST}
    store = Store(tmp_path)
    store.write_study(study, data)
    for _, spec in specs(study, data, ["plain"], [0, 1]):
        folder = store.run(spec)
        folder.start(spec, {})
        for row in made.history(1 if spec.seed else 2):
            epoch = int(row["epoch"])
            layers = {"output": LayerProbe(gradient=0.1 * epoch, weight=2.0)}
            measured = [Probe(epoch, 8 * epoch, 0.5, 0.0, 0.75, (4, 60), 0.0, layers)]
            folder.append(row, Timing(epoch, 1.0, 0.5), measured)
        outputs = np.eye(10, dtype=np.float32)[[0, 1, 2, 2]]
        trained = Trained({"output/kernel": np.ones(2, np.float32)}, outputs, np.arange(4, dtype=np.uint8))
        if spec.seed:
            folder.finish(Result(Status.DIVERGED, 1, 1))
        else:
            folder.finish(Result(Status.FINISHED, 2, 2, {"accuracy": 0.75}), trained)
    return load_results(tmp_path)


def test_probes_are_a_row_each_with_the_layers_numbers_beside(results):
    found = results["plain"].probes()
    assert found[["seed", "epoch", "step"]].to_numpy().tolist() == [[0, 1, 8], [0, 2, 16], [1, 1, 8]]
    assert found["output.gradient"].tolist() == [0.1, 0.2, 0.1]
    assert found["predicted"].tolist() == [(4, 60)] * 3


def test_mistakes_are_those_of_runs_that_were_tested(results):
    ((seed, found),) = results["plain"].mistakes().items()
    assert seed == 0
    assert found.confusion[3, 2] == 1
    assert found.confusion.trace() == 3
    assert [(wrong.image, wrong.answer) for wrong in found.wrong] == [(3, 2)]
