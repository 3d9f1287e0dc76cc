"""What only other variants show of one, at both sides of each boundary."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import codes, flat, of, run, study, swinging

from paribus.analysis.finding import Severity
from paribus.analysis.runs.between_variants import Slower, SwingsMore, Underfitting
from paribus.analysis.runs.curves import N_SIGMA, degrees_of_freedom, standard_error
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.variant_runs import variant_runs
from paribus.study.reader import load

WARNING = Severity.WARNING
INFO = Severity.INFO


class TestBeside:
    def diagnosed(self, plain: dict, treatment: dict, **variants: dict[str, object]):
        asked = study(**variants)
        configurations = {name: each.configuration for name, each in asked.variants.items()}
        return diagnose(
            asked,
            {
                ("plain", 0): run(configuration=configurations["plain"], **plain),
                ("treatment", 0): run(configuration=configurations["treatment"], **treatment),
            },
        )

    @pytest.mark.parametrize(("times", "is_found"), [(2.9, False), (3.1, True)])
    def test_underfitting_is_training_worse_than_another_validates(self, times, is_found):
        noise = math.hypot(standard_error(0.97, 6_000), standard_error(0.96, 54_000))
        low = 0.97 - times * noise
        found = self.diagnosed(
            {"accuracy": flat(low), "val_accuracy": flat(low)},
            {"accuracy": flat(0.97), "val_accuracy": flat(0.97)},
        )
        assert ("underfitting" in codes(found, "plain")) is is_found
        assert "underfitting" not in codes(found, "treatment")

    def dropped_out(self, validation: float, *, sample: float | None = None):
        """Findings of a variant with dropout, 96 % right while it trains; plain validates at 97 %."""
        probes = made_runs.probes(first={}, then={"accuracy": sample}) if sample else ()
        mine = {"accuracy": flat(0.96), "val_accuracy": flat(validation), "more": {"probes": probes}}
        beside = {"accuracy": flat(0.98), "val_accuracy": flat(0.97)}
        return codes(self.diagnosed(beside, {**mine, "kept_epoch": 3} if sample else mine), "treatment")

    def test_accuracy_under_dropout_is_no_underfitting(self):
        assert "underfitting" not in self.dropped_out(0.972, sample=0.98)
        assert "underfitting" not in self.dropped_out(0.972)

    def test_what_validates_worse_and_fits_worse_underfits_under_dropout_too(self):
        assert "underfitting" in self.dropped_out(0.93, sample=0.93)
        assert "underfitting" not in self.dropped_out(0.93, sample=0.98)

    def test_what_was_measured_under_dropout_alone_is_not_judged(self):
        assert "underfitting" not in self.dropped_out(0.93)

    def test_underfitting_tells_what_goes_with_it(self):
        found = self.diagnosed(
            {"accuracy": flat(0.9), "val_accuracy": swinging(0.9, 0.02)}, {"val_accuracy": flat(0.97)}
        )
        finding = of(found, "underfitting", "plain")
        told = "Seen with it: validation accuracy fluctuates by 2.00 percentage points around its trend."
        assert told in str(finding.why)
        assert finding.cause is None

    def test_what_goes_with_it_has_the_numbers_of_the_run_in_the_middle(self):
        found = diagnose(
            study(),
            {
                ("treatment", 0): run(val_accuracy=flat(0.97)),
                **{
                    ("plain", seed): run(accuracy=flat(0.9), val_accuracy=swinging(0.9, swing))
                    for seed, swing in enumerate((0.02, 0.05, 0.03))
                },
            },
        )
        told = str(of(found, "underfitting", "plain").why)
        swings = "fluctuates by 3.00 percentage points around its trend (in 3 of 3 runs; seed 2)."
        assert f"would be noise. Means of 3 runs. Seen with it: validation accuracy {swings}" in told

    def test_what_goes_with_some_of_the_runs_is_not_said_of_all(self):
        curves = [swinging(0.9, 0.02), flat(0.9), flat(0.9)]
        known = {
            ("plain", seed): run(accuracy=flat(0.9), val_accuracy=curve) for seed, curve in enumerate(curves)
        }
        found = diagnose(study(), known | {("treatment", 0): run(val_accuracy=flat(0.97))})
        told = str(of(found, "underfitting", "plain").why)
        assert "2.00 percentage points around its trend (in 1 of 3 runs; seed 0)." in told

    def test_what_goes_with_it_counts_the_runs_that_could_be_judged(self):
        lengths = (30, 30, 8)
        known = {
            ("plain", seed): run(accuracy=flat(0.9, number), val_accuracy=swinging(0.9, 0.02, number))
            for seed, number in enumerate(lengths)
        }
        found = diagnose(study(), known | {("treatment", 0): run(val_accuracy=flat(0.97))})
        told = str(of(found, "underfitting", "plain").why)
        assert "(in 2 of the 2 runs that could be judged; seed 0)" in told

    def test_underfitting_says_when_accuracy_was_measured(self):
        beside = {"accuracy": flat(0.98), "val_accuracy": flat(0.97)}
        mine = {"accuracy": flat(0.9), "val_accuracy": flat(0.9)}
        probes = made_runs.probes(first={}, then={"accuracy": 0.8})
        sampled = mine | {"more": {"probes": probes}, "kept_epoch": 3}

        def told(plain):
            return str(of(self.diagnosed(plain, beside), "underfitting", "plain").why)

        assert "Training accuracy is 90.00% (during training)." in told(mine)
        assert "Training accuracy is 80.00% (with the kept weights, on a sample)." in told(sampled)

    def test_where_nothing_goes_with_it_nothing_is_told(self):
        found = self.diagnosed(
            {"accuracy": flat(0.9), "val_accuracy": flat(0.9)}, {"val_accuracy": flat(0.97)}
        )
        assert "goes with it" not in str(of(found, "underfitting", "plain").why)

    def test_a_variant_alone_does_not_underfit(self):
        found = diagnose(study(), {("plain", 0): run(accuracy=flat(0.5), val_accuracy=flat(0.5))})
        assert "underfitting" not in codes(found, "plain")

    def test_what_learned_nothing_is_not_called_underfitting(self):
        found = self.diagnosed({"accuracy": flat(0.1), "val_accuracy": flat(0.1)}, {})
        assert codes(found, "plain") == {"nothing-learned"}

    def test_other_images_are_no_measure(self):
        other = made_runs.MNIST.model_copy(update={"sha256": "07" * 32})
        asked = study()
        known = {
            ("plain", 0): run(accuracy=flat(0.5), val_accuracy=flat(0.5), data=other),
            ("treatment", 0): run(val_accuracy=flat(0.97)),
        }
        assert "underfitting" not in codes(diagnose(asked, known), "plain")

    def beaten(self, gain: float, less: float):
        plain = {"accuracy": flat(0.95), "val_accuracy": flat(0.9)}
        better = {"accuracy": flat(0.9 + gain + 0.05 - less), "val_accuracy": flat(0.9 + gain)}
        return codes(self.diagnosed(plain, better), "plain")

    def test_a_smaller_gap_that_validates_better_shows_overfitting(self):
        noise = math.hypot(standard_error(0.9, 6_000), standard_error(0.91, 6_000))
        assert "overfits-beside" in self.beaten(3.3 * noise, 0.03)
        assert "overfits-beside" not in self.beaten(2.8 * noise, 0.03)

    def test_a_better_variant_with_as_wide_a_gap_does_not(self):
        assert "overfits-beside" not in self.beaten(0.03, 0.005)

    def test_a_variant_that_also_fits_its_training_images_better_has_learned_better(self):
        for train, is_found in ((0.95, True), (0.951, False)):
            better = {"accuracy": flat(train), "val_accuracy": flat(0.93)}
            found = self.diagnosed({"accuracy": flat(0.95), "val_accuracy": flat(0.9)}, better)
            assert ("overfits-beside" in codes(found, "plain")) is is_found

    @pytest.mark.parametrize(("times", "severity"), [(2.9, INFO), (3.1, WARNING)])
    def test_dead_units_alarm_where_another_variant_validates_better(self, times, severity):
        noise = math.hypot(standard_error(0.97, 6_000), standard_error(0.96, 6_000))
        dead = made_runs.probes(first={}, then={"hidden_1": replace(made_runs.ALIVE, dead=0.6)})
        mine = {"val_accuracy": flat(0.97 - times * noise), "more": {"probes": dead}}
        finding = of(self.diagnosed(mine, {"val_accuracy": flat(0.97)}), "dead-units", "plain")
        assert finding.severity is severity
        assert ("Variant treatment has higher validation accuracy" in str(finding.why)) is (
            severity is WARNING
        )

    def test_two_factors_at_once_do_not(self):
        asked = study(both={"model": {"dropout": 0.3}, "batch_size": 64})
        known = {
            ("plain", 0): run(accuracy=flat(1.0), val_accuracy=flat(0.95)),
            ("both", 0): run(
                configuration=asked.variants["both"].configuration,
                accuracy=flat(0.98),
                val_accuracy=flat(0.98),
            ),
        }
        assert "overfits-beside" not in codes(diagnose(asked, known), "plain")


class TestAgainstTheReference:
    def groups(self, **curves):
        return variant_runs("a", {0: run(**curves)})

    @pytest.mark.parametrize(("times", "is_found"), [(0.95, False), (1.05, True)])
    def test_it_swings_more_beyond_what_two_such_noises_allow(self, times, is_found):
        limit = math.exp(N_SIGMA * math.sqrt(1 / degrees_of_freedom(30)))
        one = self.groups(val_accuracy=swinging(0.95, 0.004 * times * limit))
        other = self.groups(val_accuracy=swinging(0.95, 0.004))
        assert (SwingsMore().judge(one, other) is not None) is is_found

    def test_two_draws_of_one_noise_seldom_differ(self):
        draw = np.random.default_rng(5)
        found = [
            SwingsMore().judge(*(self.groups(val_accuracy=0.9 + draw.normal(0, 0.004, 30)) for _ in range(2)))
            for _ in range(300)
        ]
        assert sum(fact is not None for fact in found) <= 6

    @pytest.mark.parametrize(("seconds", "is_found"), [(1.08, False), (1.2, True)])
    def test_it_is_slower_beyond_a_tenth_and_the_spread(self, seconds, is_found):
        sides = [
            variant_runs("a", {0: run(accuracy=flat(0.97), more={"seconds": (each,) * 30})})
            for each in (seconds, 1.0)
        ]
        assert (Slower().judge(*sides) is not None) is is_found

    def test_what_costs_no_time_is_not_what_made_it_slower(self):
        lab = load("lab2").variants
        times = {
            name: variant_runs(
                name,
                {0: run(configuration=lab[name].configuration, more={"seconds": (seconds,) * 30})},
            )
            for name, seconds in (("1", 1.0), ("3c", 2.4), ("5", 2.4))
        }
        assert Slower().judge(times["3c"], times["1"]) is None
        assert Slower().judge(times["5"], times["1"]) is not None

    def test_a_spread_that_covers_it_is_no_difference(self):
        wild = tuple(1.5 * 2 ** ((-1) ** epoch) for epoch in range(30))
        sides = [
            variant_runs("a", {0: run(accuracy=flat(0.97), more={"seconds": each})})
            for each in (wild, (1.0,) * 30)
        ]
        assert Slower().judge(*sides) is None

    def test_it_is_asked_where_the_study_asks(self):
        known = {
            ("treatment", 0): run(val_accuracy=swinging(0.95, 0.02)),
            ("plain", 0): run(val_accuracy=swinging(0.95, 0.001)),
        }
        found = diagnose(study(), known)
        assert of(found, "swings-more", "treatment", "plain").severity is INFO
        assert "swings-more" not in codes(found, "plain")


def test_underfitting_needs_another_variant_s_validation():
    mine = variant_runs("a", {0: run(accuracy=flat(0.9))})
    assert Underfitting().judge(mine, []) is None
