"""The large folders that are measured are folders as trainings leave them."""

import pytest

from benchmarks import large
from paribus.record.run import Status
from paribus.workflow.doctor import examine_folder
from paribus.workflow.results import load_results

SMALL = large.Shape(variants=3, seeds=2, epochs=4)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    found = tmp_path_factory.mktemp("large")
    large.make(SMALL, found)
    return found


def test_every_run_is_whole_and_has_all_that_a_training_leaves(place):
    assert all(check.holds for check in examine_folder(place / "out"))
    results = load_results(place / "out")
    assert len(results.records) == 6
    for record in results.records.values():
        assert (record.status, len(record.history)) == (Status.FINISHED, 4)
        assert {path.name for path in record.folder.iterdir()} == {
            "environment.json", "history.jsonl", "predictions.safetensors", "probes.jsonl", "result.json",
            "spec.json", "timing.jsonl", "weights.safetensors",
        }  # fmt: skip
        assert record.seconds == pytest.approx(4 * 0.06)


def test_what_it_says_of_its_tests_is_what_its_predictions_have(place):
    results = load_results(place / "out")
    found = results["v1"].metrics()["accuracy"]
    assert found.tolist() == pytest.approx([run.test_score for run in results["v1"].records.values()])


def test_a_run_that_changes_has_other_files(place):
    before = {path: path.stat().st_mtime_ns for path in (place / "out" / "runs").glob("*/result.json")}
    large.change(place)
    after = {path: path.stat().st_mtime_ns for path in before}
    assert sum(before[path] != after[path] for path in before) == 1
    assert all(check.holds for check in examine_folder(place / "out"))


@pytest.mark.parametrize("name", ["layers", "chain"])
def test_every_shape_is_a_study(name):
    from dataclasses import replace

    from paribus.study.reader import load

    shape = replace(large.SHAPES[name], hidden=min(3, large.SHAPES[name].hidden), variants=3)
    assert [*load(shape.study).variants] == ["v0", "v1", "v2"]
