"""The hold-out judges as it says, and the page on the diagnosis tells what came of it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from benchmarks.holdout_cases import BASE, CASES, FRESH, Case
from benchmarks.holdout_wider import WIDER

from benchmarks import holdout, holdout_tables, spoilt
from paribus.analysis.finding import Finding, Severity
from paribus.data.embedded import stand_in
from paribus.study.reader import load
from paribus.texts.message import Message

PAGE = holdout.PAGE.read_text(encoding="utf-8")
MEASURED = json.loads(holdout.MEASURED.read_text(encoding="utf-8"))
FAULT = Case("a", "fault", "it is slow or wild", must=[("vanishing", "not-converged"), ("oscillation",)])


def finding(code: str, *seeds: int, severity: Severity = Severity.WARNING, **names: object) -> Finding:
    return Finding(code, severity, ("a",), seeds=seeds, placeholders=names, domain="diagnosis")


def test_the_page_says_what_was_measured():
    assert holdout_tables.filled(PAGE, MEASURED) == PAGE, "run `python -m benchmarks.holdout`"


def test_every_table_has_its_place_on_the_page():
    places = re.findall(r"<!-- measured: (holdout[\w-]*) -->", PAGE)
    assert sorted(places) == sorted(holdout_tables.TABLES)


@pytest.mark.parametrize("called", MEASURED)
def test_every_case_was_measured(called):
    cases = holdout.PASSES[called][1]
    known = {(row["data"], row["case"]) for row in MEASURED[called]}
    assert known >= {(data, case.name) for data in ("mnist", "cifar10") for case in cases[data]}


def test_after_mending_good_runs_get_no_alarm_and_no_fault_is_missed():
    rows = [*MEASURED["mended"], *MEASURED["fresh, mended"]]
    assert not [(row["data"], row["case"]) for row in rows if row["missed"]]
    assert any(row["fault"] for row in rows)
    assert not [row["case"] for row in rows if row["alarms"] and not row["fault"]]


@pytest.mark.parametrize("cases", [*CASES.values(), *FRESH.values(), *WIDER.values()])
def test_the_cases_are_variants_of_a_study(cases):
    variants = {case.name: dict(case.changes) for case in cases}
    assert len(variants) == len(cases)
    study = load({"name": "cases", "data": "mnist", "base": BASE, "variants": variants})
    assert list(study.variants) == list(variants)


def test_a_fault_is_hit_where_every_run_has_one_of_the_codes_of_each_entry():
    swings = finding("oscillation", 0, 1)
    found = [finding("vanishing", 0), finding("not-converged", 1), swings]
    assert holdout.judged(FAULT, found, 2) == {"fault": True, "missed": [], "alarms": []}
    assert holdout.judged(FAULT, found[1:], 2)["missed"] == [["vanishing", "not-converged"]]
    assert holdout.judged(FAULT, found[:2], 2)["missed"] == [["oscillation"]]


def test_a_fault_is_also_hit_where_a_finding_names_its_cause():
    lags = Case("a", "fault", "its statistics lag", cause=("model.batch_normalization",))
    found = [finding("lagging", 0, 1)]
    naming = {"lagging": {"model.batch_normalization"}}
    assert holdout.judged(lags, found, 2, naming) == {
        "fault": True,
        "missed": [],
        "alarms": [],
        "named": True,
    }
    unnamed = holdout.judged(lags, found, 2, {"lagging": {"epochs"}})
    assert unnamed == {"fault": True, "missed": [[]], "alarms": ["lagging"], "named": False}


def test_at_least_fifteen_of_the_forty_wider_cases_are_good():
    wider = [case for cases in WIDER.values() for case in cases]
    assert len(wider) == 40
    assert sum(case.kind == "good" for case in wider) >= 15
    assert all((case.kind == "good") != bool(case.must or case.cause) for case in wider)


def test_a_false_alarm_is_a_warning_that_does_not_go_with_the_truth():
    good = Case("a", "good", "nothing is wrong")
    found = [finding("oscillation", 0), finding("converged", 0, severity=Severity.INFO)]
    assert holdout.judged(good, found, 1) == {"fault": False, "missed": [], "alarms": ["oscillation"]}
    allowed = Case("a", "good", "it may swing", may=("oscillation",))
    assert holdout.judged(allowed, found, 1)["alarms"] == []


def test_a_large_gap_has_a_code_of_its_own():
    for grade, codes in (("large", ("gap", "gap-large")), ("small", ("gap",))):
        assert holdout.codes(finding("gap", 0, grade=Message(f"diagnosis.gap-{grade}"))) == codes


def test_labels_are_spoilt_as_they_are_told():
    digits = stand_in("mnist")
    clean, noisy, random = (holdout.subset(digits, each) for each in ("clean", "noisy", "random"))
    wrong = np.mean(noisy["y_train"] != clean["y_train"])
    assert np.array_equal(clean["y_train"], digits.y_train)
    assert wrong == pytest.approx(spoilt.NOISY, abs=0.03)
    assert np.mean(random["y_train"] == clean["y_train"]) == pytest.approx(0.1, abs=0.03)
    assert np.array_equal(noisy["y_test"], clean["y_test"])
