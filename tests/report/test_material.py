from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix
from statsmodels.stats.proportion import proportion_confint
from tests.report.page.pages import material, ordinary, troubled

from paribus.record.folder import RunFolder
from paribus.record.looks import AnsweredQuestion, Look, LookLog
from paribus.record.run import Status
from paribus.texts import language


@pytest.fixture(scope="module")
def report(made, tmp_path_factory):
    return ordinary(made, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def plain(report):
    return report.variants["plain"]


def of(report, name):
    return report.variants[name]


def test_every_variant_is_told_in_the_study_s_order_whether_it_has_run_or_not(report):
    assert list(report.variants) == ["plain", "l2", "later"]
    assert [each.name for each in report.variants.values()] == ["plain", "l2", "later"]
    assert len({each.key for each in (*report.variants.values(), *report.questions)}) == 5
    assert report.variants["later"].records == ()
    assert report.variants["later"].charts == ()


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
    report = material(made.study(["plain"]), {("plain", 0): made.run(made.history(3), test=0.9618)})
    expected = proportion_confint(9618, 10_000, method="wilson")
    assert report.variants["plain"].test.interval == pytest.approx(expected)
    assert report.variants["plain"].validation.interval is None


def test_seeds_that_gave_the_same_have_no_interval(made):
    runs = {("plain", seed): made.run(made.history(3), seed=seed, test=0.1135) for seed in range(3)}
    assert material(made.study(["plain"]), runs).variants["plain"].test.interval is None


def test_curves_are_mean_lowest_and_highest_of_the_runs_at_each_epoch_in_percent(plain):
    histories = [[100 * row["val_accuracy"] for row in record.history] for record in plain.records]
    line = plain.charts[0].lines[1]
    assert (line.part, line.metric, line.of) == ("validation", "val_accuracy", "plain")
    assert line.mean == pytest.approx(np.mean(histories, axis=0), rel=1e-5)
    assert line.low == pytest.approx(np.min(histories, axis=0), rel=1e-5)
    assert line.high == pytest.approx(np.max(histories, axis=0), rel=1e-5)
    assert line.n_runs == (3,) * 12


def test_a_penalised_loss_is_shown_in_its_parts(report):
    panels = [chart.panel for chart in of(report, "l2").charts]
    assert panels == ["report.panel-accuracy", "report.panel-data-loss", "report.panel-total-loss"]
    assert [line.part for line in of(report, "l2").charts[2].lines] == ["train", "validation", "penalty"]


def test_a_question_s_charts_have_the_reference_first(report):
    lines = report.questions[0].charts[0].lines
    assert [(line.of, line.ink) for line in lines] == [("plain", "reference"), ("l2", "treatment")]


def test_the_dots_are_the_differences_seed_by_seed(report):
    tests = {key: record.result.test["accuracy"] for key, record in report.records.items()}
    dots = report.questions[0].dots
    assert dots.seeds == (0, 1, 2)
    assert dots.differences == pytest.approx([tests["l2", s] - tests["plain", s] for s in range(3)])
    assert dots.mean == pytest.approx(np.mean(dots.differences))
    assert report.questions[1].dots is None


def test_the_confusion_is_that_of_all_runs_together(plain):
    expected = np.zeros((10, 10), int)
    for record in plain.records:
        outputs, labels = RunFolder(record.folder).predictions()
        expected += confusion_matrix(labels, outputs.argmax(axis=1), labels=range(10))
    assert np.array_equal(plain.predictions.confusion.counts, expected)
    assert plain.predictions.confusion.runs == 3


def test_how_runs_and_answers_stand_is_counted(made):
    report = troubled(made)
    assert report.statuses == {
        Status.FINISHED: 4,
        Status.DIVERGED: 1,
        Status.FAILED: 1,
        Status.INTERRUPTED: 1,
        Status.RUNNING: 2,
    }
    assert {each.comparison.verdict for each in report.questions} == {"undecided"}
    assert [len(each.comparison.seeds) for each in report.questions] == [1, 0, 1, 0]


def test_a_run_that_diverged_is_shown_apart_from_those_that_did_not(made):
    line = of(troubled(made), "diverges").charts[0].lines[0]
    assert line.n_runs == (1,) * 8
    assert [len(stray) for stray in line.diverged] == [4]


def test_a_loss_that_is_not_finite_is_no_value(made):
    report = troubled(made)
    loss = of(report, "diverges").charts[1].lines[0]
    assert loss.diverged[0][3] is None


def test_images_that_are_not_official_are_named(made):
    small = made.MNIST.model_copy(update={"verified": False, "stand_in": True})
    other = made.MNIST.model_copy(update={"verified": False, "name": "cifar10"})
    records = {
        ("plain", 0): made.run(made.history(2), data=small),
        ("l2", 0): made.run(made.history(2), data=other),
    }
    report = material(made.study(), records)
    assert report.doubtful_images == {"stand-in": "mnist", "unverified": "cifar10"}


def test_nothing_run_is_told_as_such(made):
    report = material(made.study(), {})
    assert report.statuses == {}
    assert all(each.test.mean is None and each.predictions is None for each in report.variants.values())


SEEN = AnsweredQuestion("plain", "slow", "test_accuracy", "d")


@pytest.mark.parametrize(
    ("seeds", "english", "vietnamese"),
    [
        ([3], "were viewed once before this report.", "đã được xem một lần trước báo cáo này."),
        (
            [3, 4],
            "were viewed 2 times before this report, with different seeds each",
            "2 lần trước báo cáo này, mỗi lần với các",
        ),
        (
            [3, 3],
            "were viewed 2 times before this report, with the same seeds each",
            "2 lần trước báo cáo này, lần nào cũng với cùng",
        ),
        (
            [3, 3, 4],
            "were viewed 3 times before this report, with 2 different sets",
            "3 lần trước báo cáo này, với 2 tập seed",
        ),
    ],
)
def test_the_looks_are_counted_and_told_with_their_moments(report, seeds, english, vietnamese):
    at = "2026-11-29T17:30:05+00:00"
    looks = [Look(at, {"plain": tuple(range(count))}) for count in seeds]
    seen = replace(report, looks=LookLog(tuple(looks)))
    assert english in seen.looks_summary
    lines = [f"29 November 2026, 17:30 UTC: {count} seeds per variant" for count in dict.fromkeys(seeds)]
    assert list(seen.looks_lines) == lines
    with language("vi"):
        assert vietnamese in seen.looks_summary
        assert seen.looks_lines[0] == "29/11/2026, 17:30 (UTC): 3 seed mỗi biến thể"


def test_a_look_tells_how_many_questions_were_new(report):
    look = Look("2026-11-29T17:30:05+00:00", {"plain": (0, 1, 2)}, answered=(SEEN,))
    (line,) = replace(report, looks=LookLog((look,))).looks_lines
    assert line == "29 November 2026, 17:30 UTC: 3 seeds per variant; questions viewed for the first time: 1"
