"""A study's folder alone is enough to know what was asked and what came of it."""

import json
import os

import numpy as np
import pytest

from paribus.errors import StoreError
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing, Trained
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs


@pytest.fixture
def study(made):
    return made.study(("plain", "l2"))


@pytest.fixture
def data(made):
    return {"mnist": made.MNIST}


@pytest.fixture
def store(tmp_path, study, data):
    store = Store(tmp_path / "out")
    store.write_study(study, data)
    return store


def first_spec(study, data):
    return next(spec for _, spec in specs(study, data, ["plain"], [0]))


def begin(store, spec, history):
    folder = store.run(spec)
    folder.start(spec, {"python": "3.11"})
    for row in history:
        folder.append(row, Timing(int(row["epoch"]), 1.0, 0.25))
    return folder


TRAINED = Trained(
    {"output/kernel": np.ones((4, 2), np.float32)},
    np.eye(3, 10, dtype=np.float32),
    np.arange(3, dtype=np.uint8),
)


def test_the_study_and_its_images_are_read_back_as_they_were(store, study, data):
    assert store.study() == (study, data)


def test_a_finished_run_is_read_back_whole(store, study, data, made):
    spec = first_spec(study, data)
    history = made.history(3)
    folder = begin(store, spec, history)
    folder.save(Checkpoint(3, {"trainable/0": np.zeros(2, np.float32)}))
    folder.finish(Result(Status.FINISHED, 3, 3, {"accuracy": 0.5, "loss": 1.0}, 7850, "summary"), TRAINED)
    record = store.records(study, data)["plain", 0]
    assert record.spec == spec
    assert record.status is Status.FINISHED
    assert list(record.history) == history
    assert record.result == Result(Status.FINISHED, 3, 3, {"accuracy": 0.5, "loss": 1.0}, 7850, "summary")
    assert record.seconds == 3.75
    outputs, labels = folder.predictions()
    np.testing.assert_array_equal(outputs, TRAINED.outputs)
    np.testing.assert_array_equal(labels, TRAINED.labels)
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "environment.json",
        "history.jsonl",
        "predictions.safetensors",
        "result.json",
        "spec.json",
        "timing.jsonl",
        "weights.safetensors",
    ]


def test_the_specification_names_neither_study_nor_variant(store, study, data):
    spec = first_spec(study, data)
    begin(store, spec, [])
    text = (store.run(spec).path / "spec.json").read_text()
    assert "plain" not in text
    assert study.name not in json.loads(text).values()


def test_two_variants_that_mean_the_same_are_one_run(tmp_path, made, data):
    study = made.study(("one", "other"))
    digests = {spec.digest for _, spec in specs(study, data, study.variants, [0])}
    assert len(digests) == 1


def test_a_run_without_an_end_is_interrupted_unless_somebody_is_at_work(store, study, data, made):
    begin(store, first_spec(study, data), made.history(2))
    assert store.records(study, data)["plain", 0].status is Status.INTERRUPTED
    with store.writing():
        assert store.records(study, data)["plain", 0].status is Status.RUNNING
    assert store.records(study, data)["plain", 0].status is Status.INTERRUPTED


def test_a_run_goes_on_from_its_checkpoint_and_later_epochs_go(store, study, data, made):
    folder = begin(store, first_spec(study, data), made.history(5))
    folder.save(Checkpoint(3, {"trainable/0": np.zeros(2, np.float32)}))
    checkpoint, history = folder.resume()
    assert checkpoint.epoch == 3
    assert history == made.history(5)[:3]
    assert folder.epochs() == 3


def test_without_a_checkpoint_a_run_starts_anew(store, study, data, made):
    folder = begin(store, first_spec(study, data), made.history(5))
    assert folder.resume() == (None, [])


def test_a_loss_that_is_not_finite_is_null_on_disk_and_not_a_number_again(store, study, data):
    folder = begin(store, first_spec(study, data), [{"epoch": 1, "loss": float("inf")}])
    assert "null" in (folder.path / "history.jsonl").read_text()
    (row,) = store.records(study, data)["plain", 0].history
    assert np.isnan(row["loss"])


def test_a_failed_run_keeps_its_checkpoint_and_can_be_tried_again(store, study, data, made):
    spec = first_spec(study, data)
    folder = begin(store, spec, made.history(2))
    folder.save(Checkpoint(2, {"trainable/0": np.zeros(2, np.float32)}))
    folder.finish(Result(Status.FAILED, 2, 2, cause="killed"))
    assert store.records(study, data)["plain", 0].status is Status.FAILED
    folder.start(spec, {})
    assert folder.result() is None
    assert folder.resume()[0].epoch == 2


def test_a_second_writer_is_refused_and_told_who_holds_the_folder(store):
    with store.writing(), pytest.raises(StoreError, match=str(os.getpid())), Store(store.folder).writing():
        pytest.fail("two writers at once")


def test_the_folder_is_free_again_after_a_writer(store):
    for _ in range(2):
        with store.writing():
            assert store.is_held()
        assert not store.is_held()


def test_a_folder_without_a_study_says_so(tmp_path):
    with pytest.raises(StoreError, match=r"no study\.json"):
        Store(tmp_path).study()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": 1}', '{"schema": 1, "study": {}, "data": []}']
)
def test_a_damaged_study_says_so(tmp_path, content):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(StoreError, match=r"study\.json"):
        Store(tmp_path).study()


def test_a_newer_schema_says_so(tmp_path):
    (tmp_path / "study.json").write_text('{"schema": 99}')
    with pytest.raises(StoreError, match="schema 99"):
        Store(tmp_path).study()


def test_another_study_does_not_get_the_folder(store, made):
    with pytest.raises(StoreError, match="'mine', not of 'yours'"):
        store.expect(made.study(("plain",), name="yours"))
    store.expect(made.study(("other",)))


def test_a_path_that_cannot_be_a_folder_is_one_clear_error(tmp_path, study, data):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path / "file" / "out").write_study(study, data)


def test_other_seeds_and_other_images_are_other_runs(study, data, made):
    one, two = (spec for _, spec in specs(study, data, ["plain"], [0, 1]))
    other = made.MNIST.model_copy(update={"sha256": "11" * 32})
    three = first_spec(study, {"mnist": other})
    assert len({one.digest, two.digest, three.digest}) == 3


def test_runs_that_differ_only_in_where_they_stop_are_one_trajectory(made, data):
    from paribus.record.run import RunSpec
    from paribus.study.configuration import EarlyStopping

    identity = first_spec(made.study(("plain",)), data).data
    long = RunSpec(configuration=made.configuration(epochs=30), seed=0, data=identity)
    stopped = RunSpec(
        configuration=made.configuration(epochs=100, early_stopping=EarlyStopping(patience=3)),
        seed=0,
        data=identity,
    )
    other = RunSpec(configuration=made.configuration(epochs=30, l2=0.01), seed=0, data=identity)
    assert long.trajectory == stopped.trajectory != other.trajectory
    assert long.digest != stopped.digest
