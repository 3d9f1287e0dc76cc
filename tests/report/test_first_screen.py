"""What a report says first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.report.page import pages

from paribus.analysis.questions.verdict import Verdict
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
