"""The built-in studies answer what their golden file and their page say.

``tests/golden/make_studies.py`` wrote both from a real run of each. One run of a study is trained again;
all of them, and the answers, are ``slow``. Another processor rounds otherwise: losses of the first epoch
agree to a thousandth, scores to what the study calls a margin. Where seeds decide whether a network learns
at all, rounding can decide it too: there a score lies within those of all seeds.
"""

import json
import sys
from pathlib import Path

import pytest

import paribus as pb
from paribus.record.store import Store
from paribus.study.reader import load

pytestmark = pytest.mark.whole

GOLDEN = Path(__file__).parents[1] / "golden"
sys.path.append(str(GOLDEN))

from make_studies import NAMES, PAGE, with_tables  # noqa: E402

STUDIES = json.loads((GOLDEN / "studies.json").read_text())
CHEAPEST = {
    "adding": "simple_rnn",
    "breast_cancer": "linear",
    "diabetes": "linear",
    "digits": "dense",
    "learning-curve": "960",
    "noise": "noisy-stopped",
    "wine": "linear",
}
"""The variant of each study that is trained once."""
QUICK = ("adding", "breast_cancer", "diabetes", "wine")
"""The studies of which it is in every run of the tests: each task, tables, folds and sequences."""


def test_every_small_study_has_a_golden_result_and_a_cheapest_variant():
    assert tuple(STUDIES) == NAMES == tuple(sorted(CHEAPEST))


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_result_is_of_the_study_as_it_stands(name):
    study, golden = load(name), STUDIES[name]
    assert list(study.variants) == list(golden["variants"])
    asked = [(each.treatment, each.reference, each.metric) for each in study.questions]
    assert asked == [(each["treatment"], each["reference"], each["metric"]) for each in golden["questions"]]
    assert all(len(each["test"]) == study.seeds for each in golden["variants"].values())


def test_the_page_has_the_golden_answers():
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->" in page and f"## {name}\n" in page for name in NAMES)
    assert page == with_tables(page, STUDIES), "run tests/golden/make_studies.py"


def is_decided_by_seeds(golden, margin):
    return max(golden["test"]) - min(golden["test"]) > 20 * margin


def assert_as_golden(record, golden, margin):
    seed = record.spec.seed
    assert record.data.sha256 == golden["data"]
    assert record.history[0]["loss"] == pytest.approx(golden["first_loss"][seed], rel=1e-3)
    if is_decided_by_seeds(golden, margin):
        assert min(golden["test"]) - margin <= record.test_score <= max(golden["test"]) + margin
    else:
        assert record.test_score == pytest.approx(golden["test"][seed], abs=margin)


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        pytest.param(*each, marks=() if each[0] in QUICK else pytest.mark.slow, id=each[0])
        for each in CHEAPEST.items()
    ],
)
def test_a_run_has_its_golden_score(in_this_process, name, variant, tmp_path):
    study = load(name)
    results = pb.run(name, only=[variant], seeds=1, workers=1, out=tmp_path / "out")
    assert_as_golden(results.records[variant, 0], STUDIES[name]["variants"][variant], study.margin)


def test_the_baseline_of_folds_is_their_mean(in_this_process, tmp_path):
    results = pb.run("wine", only=["linear"], workers=1, seeds=10, out=tmp_path / "out")
    labels = [Store(tmp_path / "out").run(each.spec).predictions()[1] for each in results.records.values()]
    shares = [(each == 1).mean() for each in labels]
    assert len(set(shares)) > 1
    (row,) = (each for each in results.rows if each.variant == "linear")
    assert row.baseline.answer == "class_1"
    assert row.baseline.score == pytest.approx(sum(shares) / 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_study_gives_its_golden_answers(name, tmp_path):
    study, golden = load(name), STUDIES[name]
    results = pb.run(name, out=tmp_path / "out")
    for variant, known in golden["variants"].items():
        scores = [results.records[variant, seed].test_score for seed in range(study.seeds)]
        mean = sum(known["test"]) / len(scores)
        if not is_decided_by_seeds(known, study.margin):
            assert sum(scores) / len(scores) == pytest.approx(mean, abs=study.margin), variant
    verdicts = [each.verdict.value for each in results.comparisons()]
    assert verdicts == [each["verdict"] for each in golden["questions"]]
