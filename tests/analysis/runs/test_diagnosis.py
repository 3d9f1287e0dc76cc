"""A study's runs diagnosed: over seeds, beside other variants, with words for every code, all documented."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import flat, rising, run, swinging
from tests.analysis.made_studies import clean

from paribus.analysis.finding import Severity, plain
from paribus.analysis.runs.between_variants import AGAINST, BESIDE, group, slower, swings_more, underfitting
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.diagnosis import RULES, diagnose
from paribus.analysis.runs.evidence import RunEvidence, gather_evidence
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.study.reader import load
from paribus.texts.message import Message

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "src" / "paribus" / "texts" / "locale" / "en" / "LC_MESSAGES" / "diagnosis.po"
CODES = [*(rule.code for rule in RULES), *(code for code, _ in (*BESIDE, *AGAINST))]
WARNING, INFO = Severity.WARNING, Severity.INFO


def study(**variants: dict[str, object]):
    """A study of ``treatment`` and ``plain``, and others that are given."""
    given = {"plain": {}, "treatment": {"model": {"dropout": 0.3}}, **variants}
    return clean(variants=given)


def of(found, code: str, *variants: str):
    """The one finding of a code about these variants."""
    (finding,) = (each for each in found.findings if each.code == code and each.variants == variants)
    return finding


def codes(found, variant: str) -> set[str]:
    return {each.code for each in found.findings if each.variants[0] == variant}


class TestOverSeeds:
    def swung(self, *sizes: float):
        curves = [swinging(0.95, size) for size in sizes]
        return {("plain", seed): run(val_accuracy=curve) for seed, curve in enumerate(curves)}

    def test_a_finding_counts_the_runs_that_it_is_true_of(self):
        found = diagnose(study(), self.swung(0.02, 0.0, 0.03, 0.04))
        finding = of(found, "oscillation", "plain")
        assert finding.seeds == (0, 2, 3)
        assert (finding.evidence["found"], finding.evidence["judged"]) == (3, 4)
        assert "in 3 of 4 runs" in finding.why

    def test_its_numbers_are_those_of_the_run_in_the_middle(self):
        finding = of(diagnose(study(), self.swung(0.04, 0.02, 0.03)), "oscillation", "plain")
        assert finding.evidence["swing"] == pytest.approx(0.03)
        assert "in 3 of 3 runs; the numbers are those of seed 2" in finding.why

    def test_runs_that_cannot_be_judged_are_not_counted(self):
        known = {**self.swung(0.02), ("plain", 1): run(val_accuracy=swinging(0.95, 0.02, 8))}
        assert of(diagnose(study(), known), "oscillation", "plain").evidence["judged"] == 1

    def test_a_gap_is_the_mean_of_all(self):
        known = {("plain", seed): run(val_accuracy=flat(top)) for seed, top in enumerate((0.95, 0.97, 0.93))}
        finding = of(diagnose(study(), known), "gap", "plain")
        assert finding.evidence["gap"] == pytest.approx(0.03)
        assert "Means of 3 runs" in finding.why

    def test_each_run_has_findings_of_its_own(self):
        found = diagnose(study(), self.swung(0.02, 0.0))
        assert "oscillation" in {each.code for each in found.by_run["plain", 0]}
        assert "oscillation" not in {each.code for each in found.by_run["plain", 1]}

    def test_the_worst_of_a_variant_comes_first(self):
        ranks = [each.severity.rank for each in diagnose(study(), self.swung(0.02)).findings]
        assert ranks == sorted(ranks)


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

    def test_underfitting_tells_what_goes_with_it(self):
        found = self.diagnosed(
            {"accuracy": flat(0.9), "val_accuracy": swinging(0.9, 0.02)}, {"val_accuracy": flat(0.97)}
        )
        assert "swings from epoch to epoch by 2.00 points" in of(found, "underfitting", "plain").cause

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
        assert "swings from epoch to epoch by 3.00 points" in of(found, "underfitting", "plain").cause

    def test_a_cause_that_was_not_measured_is_not_told(self):
        found = self.diagnosed(
            {"accuracy": flat(0.9), "val_accuracy": flat(0.9)}, {"val_accuracy": flat(0.97)}
        )
        assert of(found, "underfitting", "plain").cause == ""

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
        assert ("treatment validates better" in finding.why) is (severity is WARNING)

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
        return group("a", {0: run(**curves)})

    @pytest.mark.parametrize(("times", "is_found"), [(0.95, False), (1.05, True)])
    def test_it_swings_more_beyond_what_two_such_noises_allow(self, times, is_found):
        from paribus.analysis.runs.curves import noise_freedom

        limit = math.exp(N_SIGMA * math.sqrt(1 / noise_freedom(30)))
        one = self.groups(val_accuracy=swinging(0.95, 0.004 * times * limit))
        other = self.groups(val_accuracy=swinging(0.95, 0.004))
        assert (swings_more(one, other) is not None) is is_found

    def test_two_draws_of_one_noise_seldom_differ(self):
        draw = np.random.default_rng(5)
        found = [
            swings_more(*(self.groups(val_accuracy=0.9 + draw.normal(0, 0.004, 30)) for _ in range(2)))
            for _ in range(300)
        ]
        assert sum(fact is not None for fact in found) <= 6

    @pytest.mark.parametrize(("seconds", "is_found"), [(1.08, False), (1.2, True)])
    def test_it_is_slower_beyond_a_tenth_and_the_spread(self, seconds, is_found):
        sides = [
            group("a", {0: run(accuracy=flat(0.97), more={"seconds": (each,) * 30})})
            for each in (seconds, 1.0)
        ]
        assert (slower(*sides) is not None) is is_found

    def test_what_costs_no_time_is_not_what_made_it_slower(self):
        lab = load("lab2").variants
        times = {
            name: group(
                name,
                {0: run(configuration=lab[name].configuration, more={"seconds": (seconds,) * 30})},
            )
            for name, seconds in (("1", 1.0), ("3c", 2.4), ("5", 2.4))
        }
        assert slower(times["3c"], times["1"]) is None
        assert slower(times["5"], times["1"]) is not None

    def test_a_spread_that_covers_it_is_no_difference(self):
        wild = tuple(1.5 * 2 ** ((-1) ** epoch) for epoch in range(30))
        sides = [
            group("a", {0: run(accuracy=flat(0.97), more={"seconds": each})}) for each in (wild, (1.0,) * 30)
        ]
        assert slower(*sides) is None

    def test_it_is_asked_where_the_study_asks(self):
        known = {
            ("treatment", 0): run(val_accuracy=swinging(0.95, 0.02)),
            ("plain", 0): run(val_accuracy=swinging(0.95, 0.001)),
        }
        found = diagnose(study(), known)
        assert of(found, "swings-more", "treatment", "plain").severity is INFO
        assert "swings-more" not in codes(found, "plain")


def test_a_study_that_has_not_run_has_no_findings():
    found = diagnose(study(), {})
    assert found.findings == ()
    assert gather_evidence(Records()) == {}


def test_a_run_without_an_end_is_passed_over():
    for status in (Status.RUNNING, Status.FAILED, Status.INTERRUPTED):
        known = {("plain", 0): run(status=status, val_accuracy=rising(0.97))}
        assert diagnose(study(), known).findings == ()


def test_underfitting_needs_another_variant_s_validation():
    mine = group("a", {0: run(accuracy=flat(0.9))})
    assert underfitting(mine, []) is None


def test_every_code_has_a_title_a_reason_and_a_remedy():
    in_catalogue = CATALOGUE.read_text(encoding="utf-8")
    parts = {"title", "why", "remedy"}
    for code in CODES:
        told = set(re.findall(rf'^msgid "diagnosis\.{code}\.(\w+)"', in_catalogue, re.MULTILINE))
        assert parts <= told <= parts | {"cause"}, code
    written = set(re.findall(r'^msgid "diagnosis\.([a-z-]+)\.why"', in_catalogue, re.MULTILINE))
    assert written == set(CODES)


def test_every_code_is_documented_with_its_severities():
    documented = (ROOT / "docs" / "diagnosis.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| ([a-z, ]+) \|", documented, re.MULTILINE)
    assert [code for code, _ in rows] == CODES
    for _, severities in rows:
        assert set(severities.split(", ")) <= {each.value for each in Severity}


def test_words_are_made_when_they_are_told():
    words = Message("finding.and", {"first": Message("diagnosis.gap-small"), "last": 0.5})
    assert str(words) == f"{Message('diagnosis.gap-small')} and 0.5"
    assert "3.20 points" in str(Message("remarks.gap", {"gap": 0.032, "grade": "so"}))


def told_well(found) -> None:
    for finding in [*found.findings, *(each for of_run in found.by_run.values() for each in of_run)]:
        tree = plain(finding)
        sentences = f"{tree['title']} {tree['why']} {tree['cause']} {tree['remedy']}"
        assert not re.search(r"[{}]|\bnan\b|None|Words", sentences), sentences
        assert json.dumps(finite(tree), allow_nan=False)


def test_every_finding_of_hand_written_runs_can_be_told():
    from tests.analysis.runs.test_rules import DIED, TestOneAnswer, TestStoppingEarly

    more = {
        "probes": (made_runs.probe(0), made_runs.probe(4, hidden_1=DIED), made_runs.probe(8, hidden_1=DIED))
    }
    known: dict[tuple[str, int], RunEvidence] = {
        ("plain", 0): run(accuracy=flat(1.0), val_accuracy=swinging(0.9, 0.02), penalty=flat(1.0)),
        ("plain", 1): run(status=Status.DIVERGED, data_loss=[0.5, math.nan], more=more),
        ("plain", 2): TestOneAnswer().answering(0, **more),
        ("plain", 3): TestStoppingEarly().stopped(),
        ("treatment", 0): run(val_data_loss=np.linspace(0.1, 0.4, 30)),
        ("low", 0): run(accuracy=flat(0.8), val_accuracy=flat(0.8)),
    }
    found = diagnose(study(low={"batch_size": 64}), known)
    assert {"overfitting", "underfitting", "one-answer", "zero-gradient", "diverged", "stopped-early"} <= {
        each.code for each in found.findings
    }
    told_well(found)
