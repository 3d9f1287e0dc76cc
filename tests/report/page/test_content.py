from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix
from statsmodels.stats.proportion import proportion_confint
from tests.report.page.pages import material, ordinary, troubled

from paribus.record.folder import RunFolder
from paribus.record.run import Status
from paribus.report.page.content import content


@pytest.fixture(scope="module")
def told(made, tmp_path_factory):
    return content(ordinary(made, tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def plain(told):
    return told.variants[0]


def of(told, name):
    return next(each for each in told.variants if each.name == name)


def test_every_variant_is_told_in_the_study_s_order_whether_it_has_run_or_not(told):
    assert [each.name for each in told.variants] == ["plain", "l2", "later"]
    assert len({each.key for each in (*told.variants, *told.questions)}) == 5
    assert told.variants[2].records == ()
    assert told.variants[2].charts == ()


@pytest.mark.parametrize(("part", "metric"), [("train", "accuracy"), ("validation", "val_accuracy")])
def test_a_mean_s_interval_is_student_s_over_the_seeds(plain, part, metric):
    values = [record.history[-1][metric] for record in plain.records]
    measured = getattr(plain, part)
    assert measured.mean == pytest.approx(np.mean(values))
    if np.ptp(values) == 0:
        assert measured.interval is None
    else:
        expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        assert measured.interval == pytest.approx(expected)


def test_one_seed_s_test_accuracy_has_wilson_s_interval_over_the_images(made):
    told = content(material(made.study(["plain"]), {("plain", 0): made.run(made.history(3), test=0.9618)}))
    expected = proportion_confint(9618, 10_000, method="wilson")
    assert told.variants[0].test.interval == pytest.approx(expected)
    assert told.variants[0].validation.interval is None


def test_seeds_that_gave_the_same_have_no_interval(made):
    runs = {("plain", seed): made.run(made.history(3), seed=seed, test=0.1135) for seed in range(3)}
    assert content(material(made.study(["plain"]), runs)).variants[0].test.interval is None


def test_curves_are_mean_lowest_and_highest_of_the_runs_at_each_epoch_in_percent(plain):
    histories = [[100 * row["val_accuracy"] for row in record.history] for record in plain.records]
    line = plain.charts[0].lines[1]
    assert (line.part, line.metric, line.of) == ("validation", "val_accuracy", "plain")
    assert line.mean == pytest.approx(np.mean(histories, axis=0), rel=1e-5)
    assert line.low == pytest.approx(np.min(histories, axis=0), rel=1e-5)
    assert line.high == pytest.approx(np.max(histories, axis=0), rel=1e-5)
    assert line.alive == (3,) * 12


def test_a_penalised_loss_is_shown_in_its_parts(told):
    panels = [chart.panel for chart in of(told, "l2").charts]
    assert panels == ["report.panel-accuracy", "report.panel-data-loss", "report.panel-total-loss"]
    assert [line.part for line in of(told, "l2").charts[2].lines] == ["train", "validation", "penalty"]


def test_a_question_s_charts_have_the_reference_first(told):
    lines = told.questions[0].charts[0].lines
    assert [(line.of, line.ink) for line in lines] == [("plain", "reference"), ("l2", "treatment")]


def test_the_dots_are_the_differences_seed_by_seed(told):
    tests = {key: record.result.test["accuracy"] for key, record in told.material.records.items()}
    dots = told.questions[0].dots
    assert dots.seeds == (0, 1, 2)
    assert dots.differences == pytest.approx([tests["l2", s] - tests["plain", s] for s in range(3)])
    assert dots.mean == pytest.approx(np.mean(dots.differences))
    assert told.questions[1].dots is None


def test_the_confusion_is_that_of_all_runs_together(plain):
    expected = np.zeros((10, 10), int)
    for record in plain.records:
        outputs, labels = RunFolder(record.folder).predictions()
        expected += confusion_matrix(labels, outputs.argmax(axis=1), labels=range(10))
    assert np.array_equal(plain.tested.confusion.counts, expected)
    assert plain.tested.confusion.runs == 3


def test_how_runs_and_answers_stand_is_counted(made):
    told = content(troubled(made))
    assert told.statuses == {
        Status.FINISHED: 4,
        Status.DIVERGED: 1,
        Status.FAILED: 1,
        Status.INTERRUPTED: 1,
        Status.RUNNING: 2,
    }
    assert told.verdicts == {"undecided": 4}
    assert told.most_seeds == 1


def test_a_run_that_diverged_is_shown_apart_from_those_that_did_not(made):
    line = of(content(troubled(made)), "diverges").charts[0].lines[0]
    assert line.alive == (1,) * 8
    assert [len(stray) for stray in line.strays] == [4]


def test_a_loss_that_is_not_finite_is_no_value(made):
    told = content(troubled(made))
    loss = of(told, "diverges").charts[1].lines[0]
    assert loss.strays[0][3] is None


def test_images_that_are_not_official_are_named(made):
    small = made.MNIST.model_copy(update={"verified": False, "stand_in": True})
    other = made.MNIST.model_copy(update={"verified": False, "name": "cifar10"})
    records = {
        ("plain", 0): made.run(made.history(2), data=small),
        ("l2", 0): made.run(made.history(2), data=other),
    }
    told = content(material(made.study(), records))
    assert (told.stand_ins, told.unverified) == (("mnist",), ("cifar10",))


def test_nothing_run_is_told_as_such(made):
    told = content(material(made.study(), {}))
    assert told.statuses == {}
    assert all(each.test.mean is None and each.tested is None for each in told.variants)
