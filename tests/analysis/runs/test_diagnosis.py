"""A study's runs diagnosed: over seeds, the worst of each variant first."""

from __future__ import annotations

import math

import pytest
from tests.analysis.made_runs import answering, flat, of, rising, run, study, swinging

from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.gathering import gather_evidence
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.texts.message import Message


class TestOverSeeds:
    def swung(self, *sizes: float):
        curves = [swinging(0.95, size) for size in sizes]
        return {("plain", seed): run(val_accuracy=curve) for seed, curve in enumerate(curves)}

    def test_a_finding_counts_the_runs_that_it_is_true_of(self):
        found = diagnose(study(), self.swung(0.02, 0.0, 0.03, 0.04))
        finding = of(found, "oscillation", "plain")
        assert finding.seeds == (0, 2, 3)
        assert (finding.evidence["found"], finding.evidence["judged"]) == (3, 4)
        assert "in 3 of 4 runs" in str(finding.why)

    def test_its_numbers_are_those_of_the_run_in_the_middle(self):
        finding = of(diagnose(study(), self.swung(0.04, 0.02, 0.03)), "oscillation", "plain")
        assert finding.evidence["swing"] == pytest.approx(0.03)
        assert "in 3 of 3 runs (numbers from the median run, seed 2)." in str(finding.why)

    def test_a_finding_is_counted_among_the_runs_that_could_be_judged(self):
        known = {
            **self.swung(0.02),
            ("plain", 1): run(val_accuracy=swinging(0.95, 0.02, 8)),
            ("plain", 2): run(status=Status.DIVERGED, data_loss=[math.nan]),
            ("plain", 3): run(status=Status.RUNNING, data_loss=[0.1]),
        }
        finding = of(diagnose(study(), known), "oscillation", "plain")
        assert (finding.evidence["judged"], finding.evidence["all_runs"]) == (1, 3)
        told = "in the one run of 3 that could be judged (numbers from seed 0)."
        assert told in str(finding.why)
        assert "in 1 of 3 runs" in str(of(diagnose(study(), known), "diverged", "plain").why)

    def test_it_is_said_how_many_of_the_runs_that_are_over_could_be_judged(self):
        known = self.swung(0.02, 0.03, 0.0) | {("plain", 3): run(val_accuracy=swinging(0.95, 0.02, 8))}
        told = str(of(diagnose(study(), known), "oscillation", "plain").why)
        assert "Found in 2 of the 3 runs that could be judged, out of 4 (numbers from seed 0)." in told

    def test_only_three_runs_have_one_in_the_middle(self):
        def told(*sizes):
            return str(of(diagnose(study(), self.swung(*sizes)), "oscillation", "plain").why)

        assert "in the middle" not in told(0.02, 0.0, 0.0)
        assert "in the middle" not in told(0.02, 0.03, 0.0)
        assert "(numbers from the median run, seed 2)." in told(0.04, 0.02, 0.03)

    def test_means_say_of_how_many_runs_they_are(self):
        known = {("plain", seed): run(val_accuracy=flat(0.9)) for seed in range(2)}
        failed = {("plain", 2): run(accuracy=flat(0.1), val_accuracy=flat(0.1))}
        assert "Means of 2 runs." in str(of(diagnose(study(), known), "gap", "plain").why)
        told = str(of(diagnose(study(), {**known, **failed}), "gap", "plain").why)
        assert "Means of 2 of 3 finished runs" in told

    def test_one_run_has_no_means(self):
        known = {
            ("plain", 0): run(accuracy=flat(0.9), val_accuracy=flat(0.9)),
            ("plain", 1): run(accuracy=flat(0.1), val_accuracy=flat(0.1)),
            ("treatment", 0): run(val_accuracy=flat(0.97)),
        }
        told = str(of(diagnose(study(), known), "underfitting", "plain").why)
        assert "From one of 2 finished runs." in told

    @pytest.mark.parametrize(
        ("classes", "told"),
        [
            ((2, 5, 6), "differs between runs: 2, 5 and 6"),
            ((2, 2, 2), '1,032 test examples (10.32%) are "2"'),
        ],
    )
    def test_one_prediction_for_every_image_names_each_run_s_class(self, classes, told):
        known = {
            ("plain", seed): answering(0, predicted=[10_000 * (number == each) for number in range(10)])
            for seed, each in enumerate(classes)
        }
        assert told in str(of(diagnose(study(), known), "one-answer", "plain").why)

    def test_a_gap_is_the_mean_of_all(self):
        known = {("plain", seed): run(val_accuracy=flat(top)) for seed, top in enumerate((0.95, 0.97, 0.93))}
        finding = of(diagnose(study(), known), "gap", "plain")
        assert finding.evidence["gap"] == pytest.approx(0.03)
        assert "Means of 3 runs" in str(finding.why)

    def test_each_run_has_findings_of_its_own(self):
        found = diagnose(study(), self.swung(0.02, 0.0))
        assert "oscillation" in {each.code for each in found.by_run["plain", 0]}
        assert "oscillation" not in {each.code for each in found.by_run["plain", 1]}

    def test_the_worst_of_a_variant_comes_first(self):
        ranks = [each.severity.rank for each in diagnose(study(), self.swung(0.02)).findings]
        assert ranks == sorted(ranks)


def test_a_study_that_has_not_run_has_no_findings():
    found = diagnose(study(), {})
    assert found.findings == ()
    assert gather_evidence(Records()) == {}


def test_a_run_without_an_end_is_passed_over():
    for status in (Status.RUNNING, Status.FAILED, Status.INTERRUPTED):
        known = {("plain", 0): run(status=status, val_accuracy=rising(0.97))}
        assert diagnose(study(), known).findings == ()


def test_words_are_made_when_they_are_told():
    words = Message("finding.and", {"first": Message("diagnosis.gap-small"), "last": 0.5})
    assert str(words) == f"{Message('diagnosis.gap-small')} and 0.5"
    assert "3.20 percentage points" in str(
        Message("remarks.gap", {"gap": 0.032, "grade": "so", "how_many": ""})
    )
