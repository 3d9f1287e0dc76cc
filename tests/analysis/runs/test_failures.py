"""One prediction for every image, nothing learned, divergence: at both sides of each boundary."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.analysis.made_runs import (
    ALIVE,
    DIED,
    LABELS,
    abstains,
    answering,
    flat,
    found,
    judged,
    probe,
    probes,
    run,
)

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.record.run import Status

SERIOUS = Severity.SERIOUS


class TestOneAnswer:
    def test_it_is_claimed_while_the_others_could_not_move_the_accuracy(self):
        most = math.floor(10_000 * standard_error(0.1135, 10_000))
        fact = judged("one-answer", answering(most))
        assert fact.severity is SERIOUS
        assert (fact.placeholders["answer"], fact.evidence["of_class"]) == ("1", 0.1135)
        assert judged("one-answer", answering(most + 1)) is None

    def test_it_is_not_called_underfitting_or_nothing_learned_besides(self):
        assert found(answering(0)) == {"one-answer"}

    @pytest.mark.parametrize(
        ("measured", "because"),
        [
            (probes(first={"hidden_1": DIED}, then={"hidden_1": DIED}), "zero-gradient"),
            (probes(first={}, then={"hidden_1": replace(ALIVE, active=0.0001)}), "silent-layer"),
            (probes(first={}, then={"hidden_1": DIED}), "silent-layer"),
            (
                probes(
                    first={"hidden_1": replace(ALIVE, identical=1.0)},
                    then={"hidden_1": replace(ALIVE, identical=1.0)},
                ),
                "identical-units",
            ),
        ],
        ids=lambda each: each if isinstance(each, str) else "",
    )
    def test_each_has_the_cause_that_was_measured(self, measured, because):
        fact = judged("one-answer", answering(0, probes=measured))
        assert fact.placeholders["because"].code == f"diagnosis.because-{because}"

    @pytest.mark.parametrize("measured", [(), probes(first={}, then={})])
    def test_no_cause_is_told_where_none_was_measured(self, measured):
        assert judged("one-answer", answering(0, probes=measured)).placeholders["because"] == ""

    def test_it_says_nothing_without_answers(self):
        assert abstains("one-answer", run(accuracy=flat(0.11)))


class TestEndings:
    def test_a_loss_that_was_no_number_is_serious(self):
        fact = judged("diverged", run(status=Status.DIVERGED, data_loss=[0.7, 9.0, math.nan]))
        assert fact.severity is SERIOUS
        assert (fact.evidence["epoch"], fact.evidence["highest"]) == (3, 9)
        assert fact.placeholders["before"].code == "diagnosis.diverged-unknown"

    def test_the_probes_before_it_tell_whether_it_grew(self):
        for later, cause in ((50.0, "measured"), (0.4, "sudden")):
            measured = {
                "probes": (probe(0, data_loss=0.7), probe(1, data_loss=later), probe(2, data_loss=None))
            }
            observed = run(status=Status.DIVERGED, data_loss=[math.nan], more=measured)
            assert judged("diverged", observed).placeholders["before"].code == f"diagnosis.diverged-{cause}"

    def test_a_run_that_did_not_diverge_is_not_asked(self):
        assert judged("diverged", run(accuracy=flat(0.9))) is None

    def test_nothing_was_learned_up_to_three_standard_errors_above_one_answer(self):
        limit = 0.1 + N_SIGMA * standard_error(0.1, 6_000)
        low = flat(0.1)
        assert (
            judged("nothing-learned", run(accuracy=low, val_accuracy=flat(limit - 0.001))).severity is SERIOUS
        )
        assert judged("nothing-learned", run(accuracy=low, val_accuracy=flat(limit + 0.001))) is None

    def test_the_commonest_class_s_share_has_a_noise_of_its_own(self):
        more = {"predicted": (600, 400), "labels": (100,) * 10}
        noise = math.hypot(standard_error(0.1, 6_000), standard_error(0.1, 1_000))
        low = flat(0.1)
        for times, is_found in ((2.9, True), (3.1, False)):
            observed = run(accuracy=low, val_accuracy=flat(0.1 + times * noise), more=more)
            assert (judged("nothing-learned", observed) is not None) is is_found

    def test_on_ten_validation_examples_two_thirds_of_two_classes_is_not_nothing(self):
        more = {"predicted": (50, 50), "labels": (50, 50)}
        observed = run(accuracy=flat(0.6), val_accuracy=flat(0.6), more=more)
        noise = math.hypot(standard_error(0.5, 10), standard_error(0.5, 100))
        assert observed.learning_threshold(10) == pytest.approx(0.5 + noise)
        assert observed.learning_threshold(10, certain=True) == pytest.approx(0.5 + N_SIGMA * noise)

    def test_learning_by_heart_is_learning(self):
        assert judged("nothing-learned", run(accuracy=flat(0.9), val_accuracy=flat(0.1))) is None

    def test_the_commonest_class_is_counted_where_labels_are_kept(self):
        more = {"predicted": (5_000, 5_000), "labels": (7_000, 3_000)}
        low = flat(0.7)
        assert judged("nothing-learned", run(accuracy=low, val_accuracy=flat(0.71), more=more)) is not None
        assert judged("nothing-learned", run(accuracy=low, val_accuracy=flat(0.73), more=more)) is None

    def test_what_learned_nothing_has_no_gap_and_no_convergence(self):
        codes = found(run(accuracy=flat(0.1), val_accuracy=flat(0.1)))
        assert codes == {"nothing-learned"}

    def nearly(self, share: float, accuracy: float, training: float = 0.11):
        """A run that predicts "1" for such a share of MNIST's test images."""
        others = round(10_000 * (1 - share))
        more = {"predicted": (others, 10_000 - others, *[0] * 8), "labels": LABELS}
        return run(accuracy=flat(training), val_accuracy=flat(accuracy), test=accuracy, more=more)

    def test_one_class_for_nine_of_ten_images_is_next_to_nothing(self):
        fact = judged("nothing-learned", self.nearly(0.92, 0.126, training=0.126))
        assert fact.severity is SERIOUS
        assert fact.placeholders["meaning"].code == "diagnosis.learned-next-to-nothing"
        assert found(self.nearly(0.92, 0.126, training=0.126)) == {"nothing-learned"}

    @pytest.mark.parametrize(
        ("share", "accuracy", "is_found"),
        [(0.92, 0.155, True), (0.92, 0.16, False), (0.91, 0.14, True), (0.89, 0.14, False)],
    )
    def test_what_is_next_to_nothing_is_a_twentieth_under_nearly_one_prediction(
        self, share, accuracy, is_found
    ):
        assert (judged("nothing-learned", self.nearly(share, accuracy)) is not None) is is_found

    def test_one_class_that_most_images_are_of_is_no_constant_prediction(self):
        more = {"predicted": (9_300, 700), "labels": (9_000, 1_000)}
        observed = run(accuracy=flat(0.93), val_accuracy=flat(0.93), more=more)
        assert judged("nothing-learned", observed) is None

    def test_what_is_learned_by_heart_is_more_than_nothing(self):
        assert judged("nothing-learned", self.nearly(0.92, 0.126, training=0.9)) is None
