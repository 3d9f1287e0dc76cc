"""Which runs failed to train, and what so many failures say of further runs."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from paribus.analysis import failure as failure_module
from paribus.analysis.failure import Failure, FailureRate, failed_predictions, failure, recall_noise
from paribus.record.folder import PREDICTIONS, RunFolder
from paribus.record.run import Status
from paribus.study.census import Census

LABELS = np.repeat(np.arange(10), 100)


def outputs_of(predicted):
    """Outputs that predict these classes."""
    return np.eye(10)[predicted]


def partly_right(share, draw):
    """Predictions that are right for so large a share, and guessed otherwise."""
    guessed = draw.integers(0, 10, len(LABELS))
    return np.where(draw.random(len(LABELS)) < share, LABELS, guessed)


def test_a_run_that_diverged_has_failed(made):
    assert failure(made.run(made.history(2), status=Status.DIVERGED)) is Failure.DIVERGED


@pytest.mark.parametrize("status", [Status.RUNNING, Status.INTERRUPTED, Status.FAILED])
def test_a_run_that_did_not_end_is_not_judged(made, status):
    assert failure(made.run(made.history(2), status=status)) is None


def test_a_run_without_predictions_is_not_judged(made):
    assert failure(made.run(made.history(2))) is None


@pytest.mark.parametrize("others", [0, 5])
def test_one_class_for_all_images_but_a_few_is_a_failure(others):
    predicted = np.full(len(LABELS), 7)
    predicted[:others] = LABELS[:others]
    assert failed_predictions(outputs_of(predicted), LABELS) is Failure.ONE_CLASS


def test_guessing_is_a_failure_and_a_tenth_learned_is_not():
    draw = np.random.default_rng(1)
    assert failed_predictions(outputs_of(partly_right(0.0, draw)), LABELS) is Failure.NO_LEARNING
    assert failed_predictions(outputs_of(partly_right(0.1, draw)), LABELS) is None


def test_nine_tenths_of_one_class_at_an_accuracy_just_above_chance_is_a_failure():
    """Of 10,000 images, as in MNIST: 92 % predicted to be of the commonest class, 12.6 % right."""
    draw = np.random.default_rng(2)
    labels = draw.choice(10, 10_000, p=[0.0985, 0.1135, *[0.0985] * 8])
    predicted = np.where(draw.random(10_000) < 0.92, 1, partly_right_of(labels, draw))
    assert 0.11 < np.mean(predicted == labels) < 0.14
    assert failed_predictions(outputs_of(predicted), labels) is Failure.NO_LEARNING


def partly_right_of(labels, draw):
    """A quarter right, the others guessed."""
    return np.where(draw.random(len(labels)) < 0.25, labels, draw.integers(0, 10, len(labels)))


def test_a_network_that_finds_a_rare_class_has_learned_though_its_accuracy_is_that_of_the_commonest():
    labels = np.array([0] * 950 + [1] * 50)
    predicted = labels.copy()
    predicted[:40] = 1  # as many false alarms as would spoil the accuracy
    predicted[950:960] = 0
    assert np.mean(predicted == labels) == 0.95
    assert failed_predictions(np.eye(2)[predicted], labels) is None


def test_a_single_output_is_judged_by_its_two_classes():
    labels = np.array([0, 1] * 100)
    assert failed_predictions(np.full((200, 1), 0.3), labels) is Failure.ONE_CLASS
    assert failed_predictions(labels[:, None].astype(float), labels) is None


@pytest.mark.parametrize(("failed", "runs"), [(1, 10), (3, 5), (4, 40)])
def test_the_rate_has_clopper_and_pearsons_interval(failed, runs):
    expected = stats.binomtest(failed, runs).proportion_ci(0.95, method="exact")
    assert FailureRate(failed, runs).interval == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(
    ("failed", "runs", "interval"),
    [(0, 5, (0, 1 - 0.025 ** (1 / 5))), (1, 1, (0.025, 1)), (5, 5, (0.025 ** (1 / 5), 1)), (0, 0, (0, 1))],
)
def test_where_none_or_all_fail_the_interval_is_two_sided_as_well(failed, runs, interval):
    assert FailureRate(failed, runs).interval == pytest.approx(interval)


def test_half_right_on_two_dozen_test_examples_is_no_failure_and_guessing_still_is():
    labels = np.repeat(np.arange(3), 8)
    half = labels.copy()
    half[[0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19]] += 1
    assert failed_predictions(np.eye(3)[half % 3], labels) is None
    guessed = np.tile(np.arange(3), 8)
    assert failed_predictions(np.eye(3)[guessed], labels) is Failure.NO_LEARNING


def test_a_rare_class_that_is_hardly_predicted_does_not_hide_that_the_others_are_told_apart():
    """As measured on a table: 97 of one class, 45 of another, 5 of a rare one, of which none is found."""
    labels = np.repeat(np.arange(3), [97, 45, 5])
    predicted = np.repeat([0, 1, 0, 1, 0, 1], [83, 14, 26, 19, 4, 1])
    assert failed_predictions(np.eye(3)[predicted], labels) is None


def test_the_noise_of_the_mean_recall_is_that_of_predictions_in_any_other_order():
    draw = np.random.default_rng(3)
    labels, predicted = np.repeat(np.arange(3), [60, 30, 10]), np.repeat(np.arange(3), [80, 15, 5])
    counts = [np.bincount(each, minlength=3) for each in (predicted, labels)]
    means = []
    for _ in range(4000):
        guessed = draw.permutation(predicted)
        means.append(np.mean([np.mean(guessed[labels == each] == each) for each in range(3)]))
    assert recall_noise(*counts) == pytest.approx(np.std(means), rel=0.05)


def test_guessing_in_unequal_shares_is_called_a_failure_nearly_always():
    draw = np.random.default_rng(4)
    labels = np.repeat(np.arange(3), [97, 45, 5])
    guesses = (draw.choice(3, len(labels), p=[0.7, 0.25, 0.05]) for _ in range(500))
    failed = [failed_predictions(np.eye(3)[each], labels) is not None for each in guesses]
    assert np.mean(failed) > 0.93  # two standard deviations on one side leave 2.3 %


@pytest.mark.parametrize(("train_accuracy", "expected"), [(0.62, None), (0.12, Failure.NO_LEARNING)])
def test_a_few_test_examples_make_no_failure_of_a_run_that_knows_its_training_examples(
    made, tmp_path, monkeypatch, train_accuracy, expected
):
    labels = np.repeat(np.arange(10), 4)
    monkeypatch.setattr(RunFolder, "predictions", lambda *_: (outputs_of(np.roll(labels, 4)), labels))
    (tmp_path / PREDICTIONS).touch()
    census = Census(classes=(100,) * 10, contradictory=0, copies=0, tested=0)
    history = [{**row, "accuracy": train_accuracy} for row in made.history(3)]
    data = made.MNIST.model_copy(update={"census": census, "train": 1000, "test": 40})
    assert failure(replace(made.run(history, data=data), folder=tmp_path)) is expected


def test_predictions_of_ten_thousand_runs_are_read_once_however_often_they_are_gone_through(
    made, tmp_path, monkeypatch
):
    read = []

    def counting(folder, _digest):
        read.append(folder.path.name)
        return outputs_of(LABELS), LABELS

    monkeypatch.setattr(RunFolder, "predictions", counting)
    monkeypatch.setattr(failure_module.Path, "stat", lambda _: SimpleNamespace(st_mtime_ns=1))
    run = made.run(made.history(2))
    runs = [replace(run, folder=tmp_path / str(number)) for number in range(10_000)]
    for _ in range(3):
        assert not any(failure(each) for each in runs)
    assert len(read) == len(set(read)) == len(runs)
