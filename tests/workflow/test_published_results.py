"""Two published results, asked again: the studies of examples/published, and the page that tells of them.

``tests/golden/make_published.py`` wrote the page's tables from a real run of each. Another processor rounds
otherwise, so a score agrees to the margin.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import paribus as pb
from paribus.study.reader import load

GOLDEN = Path(__file__).parents[1] / "golden"
sys.path.append(str(GOLDEN))

from make_published import NAMES, PAGE, study_file, with_tables  # noqa: E402

RESULTS = json.loads((GOLDEN / "published.json").read_text(encoding="utf-8"))

each_study = pytest.mark.parametrize("name", NAMES)


@each_study
def test_the_design_has_no_serious_fault(name):
    found = pb.review(study_file(name), embedded=True)
    assert "serious" not in {each.severity for each in found}


@each_study
def test_every_variant_that_is_tuned_has_the_same_budget(in_this_process, name, tmp_path):
    study = load(study_file(name))
    budgets = {(each.budget, each.seeds, each.on, each.search) for each in study.tuned.values()}
    assert len(budgets) == 1
    planned = pb.plan(study, embedded=True, out=tmp_path / "out")
    ((budget, seeds, _, _),) = budgets
    assert planned.tuning.runs == len(study.tuned) * budget * seeds
    assert planned.missing == len(study.variants) * study.seeds


@each_study
def test_the_golden_results_are_of_the_study_as_it_stands(name):
    study, golden = load(study_file(name)), RESULTS[name]
    assert list(golden["variants"]) == list(study.variants)
    asked = [(each.treatment, each.reference, each.metric) for each in study.questions]
    assert asked == [(each["treatment"], each["reference"], each["metric"]) for each in golden["questions"]]
    for each in golden["variants"].values():
        assert len(each["shared"]) == len(each["best"]) == study.seeds


def test_the_page_has_the_golden_answers():
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->" in page and f"<!-- {name}: variants -->" in page for name in NAMES)
    assert page == with_tables(page, RESULTS), "run tests/golden/make_published.py"


@pytest.mark.slow
@each_study
def test_a_shrunken_study_answers_every_question_twice(name, tmp_path, monkeypatch):
    monkeypatch.chdir(study_file(name).parent)  # beside which its table is
    written = YAML(typ="safe").load(study_file(name))
    written |= {"seeds": 3, "base": {**written["base"], "epochs": 2}}
    written["tune"] |= {"learning_rate": {"from": 0.01, "to": 1, "scale": "log", "points": 2}, "seeds": 1}
    for changes in written["variants"].values():
        changes.pop("epochs", None)
    study = load(written)
    tuned = pb.run(study, embedded=True, out=tmp_path / "out").tuned()
    assert tuned.is_over
    assert len(tuned.comparisons) == len(study.questions)
    assert len(tuned.designs) == len(study.design_questions)
    assert all(each.is_answered for each in (*tuned.comparisons, *tuned.shared))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "variant"), [("optimizers", "digits-adam"), ("batch_size", "batch_size=512")]
)
def test_a_run_has_its_golden_score(name, variant, tmp_path):
    study = load(study_file(name))
    untuned = study.model_copy(
        update={"variants": {variant: study.variants[variant].model_copy(update={"tune": None})}}
    )
    records = pb.run(
        untuned.model_copy(update={"questions": (), "designs": (), "design_questions": ()}),
        seeds=2,
        embedded=True,
        out=tmp_path / "out",
    ).records
    for seed in range(2):
        golden = RESULTS[name]["variants"][variant]["shared"][seed]
        assert records[variant, seed].test_score == pytest.approx(golden, abs=study.margin)
