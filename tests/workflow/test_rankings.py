"""Questions about several variants, really trained, to their report; and the power of a study."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import paribus as pb
from paribus.cli.app import app
from paribus.study.reader import load
from paribus.workflow.power import seed_numbers, spread_of
from paribus.workflow.rankings import RANKINGS
from paribus.workflow.results import load_results
from paribus.workflow.show_json import show_tree

pytestmark = pytest.mark.whole

RATES = {"slow": 1e-6, "middle": 0.3, "quick": 0.5}
NAMES = [*RATES]


def study(**fields):
    return load(
        {
            "name": "rates",
            "data": "mnist",
            "seeds": 3,
            "base": {
                "scale": "unit",
                "validation": 0.2,
                "model": {"hidden": [], "output": "softmax"},
                "loss": "categorical_crossentropy",
                "optimizer": {"name": "sgd", "learning_rate": 0.5},
                "epochs": 1,
            },
            "variants": {name: {"optimizer": {"learning_rate": rate}} for name, rate in RATES.items()},
            "questions": [
                {"best_of": NAMES, "ask": "Which rate is the best?"},
                {"all_pairs": NAMES},
                {"each": ["slow", "middle"], "against": "quick"},
                {"treatment": "middle", "reference": "slow"},
            ],
            **fields,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory, small_images, plainly_compiled):
    out = tmp_path_factory.mktemp("rates") / "out"
    pb.run(study(), data_dir=small_images, out=out, workers=1)
    return out


def test_a_real_training_is_ranked_shown_and_reported(folder, tmp_path):
    results = load_results(folder)
    best, pairs, each = results.rankings()
    assert {found.name for found in best.candidates} <= {"middle", "quick"}
    assert "slow failed to train" in str(best.sentence)
    assert best.pick.seeds == 3
    assert len(pairs.comparisons) == 3
    assert each.ranking.against == "quick"
    assert best.comparisons[0].family == 2 * 4  # two tests a variant, four questions
    tree = json.loads(json.dumps(show_tree(results)))
    assert [found["kind"] for found in tree["rankings"]] == ["best_of", "all_pairs", "each"]
    assert [found["variant"] for found in tree["rankings"][0]["standings"]] == [v.name for v in best.variants]
    page = results.report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count('class="ranking"') == 3
    assert "Which rate is the best?" in page
    written = results.report(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "| variant | mean |" in written
    notebook = results.report(tmp_path / "r.ipynb").read_text(encoding="utf-8")
    assert "results.rankings()[2]" in notebook


def test_the_answers_are_kept_and_are_the_same_when_they_are_read_back(folder):
    kept = load_results(folder).rankings()
    assert (folder / RANKINGS).exists()
    (folder / RANKINGS).unlink()
    assert list(load_results(folder).rankings()) == list(kept)


def test_the_terminal_says_each_answer(folder):
    shown = CliRunner().invoke(app, ["show", str(folder), "--details", "questions"])
    assert shown.exit_code == 0, shown.output
    assert "Best of slow, middle, quick" in shown.output
    assert "Validation chooses" in shown.output


def test_the_review_says_that_so_few_seeds_rank_nothing():
    found = pb.review(study())
    assert "few-seeds-for-ranking" in {each.code for each in found}


def test_the_power_of_a_study_is_that_of_its_spread_and_grows_with_seeds(folder, small_images):
    planned = pb.plan(study(), data_dir=small_images, out=folder, power=True).power
    assert [*planned.times] == [3, 5, 8, 10, 15]
    assert len(planned.questions) == 4
    pair = next(each for each in planned.questions if "Learning" in each.title or "vs" in each.title)
    expected = spread_of(load_results(folder).records, study().questions)
    assert pair.spread == expected
    for each in planned.questions:
        seen = list(each.seen.values())
        assert seen == sorted(seen, reverse=True)
    assert planned.times[15].seconds is None or planned.times[15].seconds >= (planned.times[3].seconds or 0)
    assert "80%" in "\n".join(planned.notes)


def test_without_a_pilot_power_is_told_in_standard_deviations(small_images, tmp_path):
    planned = pb.plan(study(), data_dir=small_images, out=tmp_path / "none", power=True)
    assert all(each.spread is None for each in planned.power.questions)
    assert "SD" in planned.power.table.rows[1]["seeds-5"]
    assert "pilot" in "\n".join(planned.power.notes)
    assert planned.tree()["power"]["family"] == 4


def test_the_numbers_of_seeds_that_are_told_have_the_studys_own():
    for seeds in (3, 7, 30, 999):
        assert seeds in seed_numbers(seeds)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"best_of": ["slow"]}, "a list of variants, at least 2"),
        ({"best_of": "slow"}, "a list of variants"),
        ({"best_of": ["slow", "slow"]}, "slow"),
        ({"best_of": ["slow", "quik"]}, "quick"),
        ({"best_of": NAMES, "reference": "slow"}, "question of its own"),
        ({"each": ["slow"]}, "against"),
        ({"each": ["slow"], "against": "slow"}, "slow"),
        ({"treatment": "slow", "reference": "quick", "against": "slow"}, "goes with 'each'"),
    ],
)
def test_a_wrong_question_about_several_variants_is_told_with_its_remedy(question, words):
    with pytest.raises(pb.StudyError) as told:
        study(questions=[question])
    assert words in str(told.value)
