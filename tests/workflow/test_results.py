"""What Python gives of a run besides its figures: its probes, and its mistakes on the test images."""

import numpy as np
import pytest

import paribus as pb
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


def test_the_table_has_a_row_a_variant_and_accuracies_in_percent(results):
    table = results.table
    assert list(table.columns) == [
        "variant",
        "changes",
        "runs",
        "epochs_min",
        "epochs_max",
        "train",
        "validation",
        "test",
        "published",
        "seconds",
        "data",
    ]
    (row,) = table.to_dict("records")
    kept = results.records["plain", 0].history[1]
    assert (row["variant"], row["runs"], row["epochs_min"], row["epochs_max"]) == ("plain", 1, 1, 2)
    assert row["test"] == 75.0
    assert row["train"] == pytest.approx(100 * kept["accuracy"])
    assert np.isnan(row["published"])
    assert (table.dtypes[["train", "validation", "test", "published", "seconds"]] == "float64").all()


def test_a_frame_has_a_row_a_run_as_it_was_recorded(results):
    frame = results.to_frame()
    assert frame[["variant", "seed", "status", "epochs"]].to_numpy().tolist() == [
        ["plain", 0, "finished", 2],
        ["plain", 1, "diverged", 1],
    ]
    assert frame["kept_epoch"].tolist()[0] == 2
    assert frame["kept_epoch"].isna().tolist() == [False, True]
    assert frame["test_accuracy"].tolist()[0] == 0.75
    assert np.isnan(frame["test_accuracy"].tolist()[1])
    assert frame.groupby("variant")["test_accuracy"].mean()["plain"] == 0.75


def test_frames_of_a_study_that_has_not_run_have_the_same_columns(results, tmp_path):
    store = Store(tmp_path / "fresh")
    store.write_study(results.study, results.data)
    fresh = load_results(tmp_path / "fresh")
    assert fresh.to_frame().dtypes.to_dict() == results.to_frame().dtypes.to_dict()
    assert fresh.table.dtypes.to_dict() == results.table.dtypes.to_dict()
    assert fresh.table["runs"].tolist() == [0]
    assert np.isnan(fresh.table["test"][0])


def test_a_name_that_is_no_variant_is_a_key_error_with_the_known_ones(results):
    assert "plain" in results
    for name in ("plan", 42, None, ["plain"]):
        assert name not in results
        assert results.get(name) is None
        with pytest.raises(pb.UnknownVariantError, match="Known: plain"):
            results[name]
    with pytest.raises(KeyError):
        results["plan"]


def test_wrong_arguments_of_results_are_refused(results):
    with pytest.raises(pb.UsageError, match="output=3"):
        results.report(3)
    with pytest.raises(pb.UsageError, match="test_accuracy"):
        results.compare("plain", "plain", metric=3)


def test_mistakes_are_those_of_runs_that_were_tested(results):
    ((seed, found),) = results["plain"].mistakes().items()
    assert seed == 0
    assert found.confusion[3, 2] == 1
    assert found.confusion.trace() == 3
    assert [(each.image, each.predicted) for each in found.surest] == [(3, 2)]
