"""What a report says first."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.report.page import pages
from tests.study.conftest import BASE

from paribus.analysis.questions.answering import design_answers
from paribus.analysis.questions.ranking import rankings
from paribus.analysis.questions.verdict import Verdict
from paribus.record.records import Records
from paribus.report.commands import Commands
from paribus.report.first_screen import FirstScreen
from paribus.study.reader import load


@pytest.fixture
def ordinary(made, tmp_path):
    return pages.ordinary(made, tmp_path)


@pytest.fixture
def undecided(made):
    """Two variants whose difference changes its sign from seed to seed."""
    names = ["plain", "l2"]
    questions = [{"treatment": name, "reference": "plain"} for name in names[1:]]
    records = {
        (name, seed): made.run(made.history(3, seed=seed), seed=seed, test=0.95 + 0.01 * place * (-1) ** seed)
        for place, name in enumerate(names)
        for seed in range(4)
    }
    return pages.material(made.study(names, questions=questions), records)


def said(first):
    return " ".join(map(str, first.found))


def test_a_decided_question_is_told_with_its_effect_in_percentage_points(ordinary):
    first = FirstScreen(ordinary)
    (answer,) = first.answers
    assert answer.comparison.verdict is Verdict.BETTER
    effect = 100 * answer.comparison.difference
    assert said(first).startswith(f'▲ Better: "{answer.title}" (+{effect:.1f} percentage points).')
    assert said(first).endswith("One question was not run.")


def test_what_is_not_decided_is_counted_not_listed(undecided):
    assert said(FirstScreen(undecided)) == "The question is still undecided."


@pytest.mark.parametrize(
    ("records", "expected"),
    [({}, "Nothing has run yet."), ("one seed", "One seed is not enough")],
)
def test_without_enough_runs_it_says_what_is_missing(made, records, expected):
    questions = [{"treatment": "l2", "reference": "plain"}]
    runs = {} if not records else {(n, 0): made.run(made.history(2)) for n in ("plain", "l2")}
    assert said(FirstScreen(pages.material(made.study(questions=questions), runs))).startswith(expected)


def test_warnings_are_chips_that_lead_to_where_more_is_said(made):
    found = pages.troubled(made)
    chips = {chip.words: chip for chip in FirstScreen(found).chips}
    assert list(chips) == [
        "one run failed",
        "one run diverged",
        "one run was interrupted",
        "2 runs are in progress",
    ]
    assert chips["one run failed"].link == found.variants["fails"].key
    assert chips["one run failed"].is_serious
    assert not chips["2 runs are in progress"].is_serious


def test_stand_in_images_are_the_first_warning(made):
    small = made.MNIST.model_copy(update={"verified": False, "stand_in": True})
    runs = {("plain", 0): made.run(made.history(2), data=small)}
    first = FirstScreen(pages.material(made.study(), runs)).chips[0]
    assert first.words.startswith("stand-in images")


def test_open_questions_get_the_command_that_adds_seeds(undecided):
    offered = replace(undecided, commands=Commands("my study.yaml"))
    (step,) = [each for each in FirstScreen(offered).steps if each.command]
    assert step.command == "paribus run 'my study.yaml' --until-decided"
    assert step.words == 'Undecided: "L2 0.01 vs none". Add seeds until it is decided, 30 at most:'


def test_a_study_without_a_file_has_no_command(undecided):
    assert [each.command for each in FirstScreen(undecided).steps] == [""]


@pytest.mark.parametrize(("left_out", "is_advised"), [((), False), (("4b-l2", "2"), True)])
def test_a_comparison_is_not_advised_that_the_study_already_asks_for(made, left_out, is_advised):
    lab = load("lab2")
    questions = tuple(each for each in lab.questions if (each.treatment, each.reference) != left_out)
    records = {
        (name, seed): made.run(made.history(3, seed=seed), seed=seed)
        for name in ("2", "4b", "4b-l2")
        for seed in range(3)
    }
    first = FirstScreen(pages.material(lab.model_copy(update={"questions": questions}), records))
    advised = [step.words for step in first.steps if "Compare variant 4b-l2 with variant 2" in step.words]
    assert bool(advised) is is_advised


def test_a_question_that_was_not_run_is_kept_apart(ordinary):
    first = FirstScreen(ordinary)
    assert [each.treatment for each in first.not_run] == ["later"]
    assert first.answer_of(first.not_run[0]) is None
    assert first.link(first.not_run[0]) == "q2"


def test_a_step_without_a_command_announces_none(undecided):
    assert all(
        step.command or not step.words.endswith(":")
        for step in FirstScreen(replace(undecided, commands=Commands())).steps
    )


def of_all_kinds(made, *, step, noise):
    """A sweep with a trend, a ranking of its lowest doses, which are alike, and a pair; five seeds."""
    study = load(
        {
            "name": "kinds",
            "base": BASE,
            "sweep": {"kernel_regularizer.l2": [0, 1e-4, 1e-3, 1e-2]},
            "questions": [
                {"treatment": "l2=0.01", "reference": "l2=0"},
                {"trend": "kernel_regularizer.l2"},
                {"all_pairs": ["l2=0", "l2=0.0001", "l2=0.001"]},
            ],
        }
    )
    draw = np.random.default_rng(3)
    records = Records(
        {
            (name, seed): made.run(
                made.history(3, seed=seed),
                seed=seed,
                test=0.9 - step * max(0, place - 1) + noise * draw.normal(),
                configuration=study.variants[name].configuration,
            )
            for place, name in enumerate(study.variants)
            for seed in range(5)
        }
    )
    found = pages.material(study, records)
    answers = design_answers(study, records)
    return replace(found, design_answers=answers, rankings=rankings(study, records), commands=Commands("a"))


def test_the_first_line_counts_the_questions_of_every_kind(made):
    first = FirstScreen(of_all_kinds(made, step=0.05, noise=0.001)).found[0]
    assert first.words == "2 of 3 questions decided: pairs 1/1, rankings 0/1 and trends 1/1."
    first = FirstScreen(of_all_kinds(made, step=0.0, noise=0.01)).found[0]
    assert first.words == "0 of 3 questions decided: pairs 0/1, rankings 0/1 and trends 0/1."
    assert first.tone is None


def test_a_study_that_asks_about_pairs_alone_says_nothing_of_kinds(ordinary):
    assert "pairs" not in said(FirstScreen(ordinary))


def test_open_questions_of_other_kinds_say_how_many_seeds_they_would_take(made):
    found = FirstScreen(of_all_kinds(made, step=0.006, noise=0.004))
    step = next(each for each in found.steps if "Trend over" in each.words)
    assert "paribus run a --until-decided" in [each.command for each in found.steps]
    assert re.search(r"Trend over kernel_regularizer.l2” \(about \d+ seeds", step.words)
    assert "(more than 30 seeds" in step.words  # two doses are alike
    assert step.link


def test_a_study_of_factors_that_did_not_end_asks_questions_all_the_same(made):
    study = load(
        {
            "base": BASE,
            "sweep": {"kernel_regularizer.l2": [0, 1e-3, 1e-2]},
            "questions": [{"trend": "kernel_regularizer.l2"}],
        }
    )
    runs = {
        ("l2=0", 0): made.run(made.history(2), configuration=study.variants["l2=0"].configuration),
    }
    first = FirstScreen(pages.material(study, runs))
    assert first.found[0].words == "0 of 1 questions decided."
    assert "asks no question" not in said(first)
