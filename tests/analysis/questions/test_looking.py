"""Comparisons of a study at which somebody has looked in between, from records made by hand."""

import pytest

from paribus.analysis.questions.answering import compare, comparisons
from paribus.record.looks import Look, LookLog
from paribus.record.records import Records
from paribus.study.model import Question

TESTED = (0.021, 0.018, 0.020, 0.023, 0.019, 0.020)
ASKED = {"treatment": "l2", "reference": "plain"}


@pytest.fixture
def study(made):
    return made.study(questions=[ASKED], margin=0.005)


def records(made, differences=TESTED, *, also_plain=0):
    found = {}
    for seed, difference in enumerate(differences):
        accuracy = 0.96 + 0.001 * seed
        found["plain", seed] = made.run(made.history(3), seed=seed, test=accuracy)
        found["l2", seed] = made.run(
            made.history(3), seed=seed, test=accuracy + difference, configuration=made.configuration(l2=0.01)
        )
    for seed in range(len(differences), len(differences) + also_plain):
        found["plain", seed] = made.run(made.history(3), seed=seed, test=0.96)
    return found


def looked(*numbers, until_decided=False, extra=0):
    return LookLog(
        tuple(
            Look("2026-11-25", {"plain": tuple(range(n + extra)), "l2": tuple(range(n))}, until_decided)
            for n in numbers
        )
    )


def test_a_comparison_with_a_planned_number_of_seeds_is_the_fixed_one(made, study):
    (comparison,) = comparisons(study, Records(records(made)), looks=looked(6))
    assert comparison == comparisons(study, Records(records(made)))[0]
    assert (comparison.procedure, comparison.verdict) == ("fixed", "better")
    assert "sequential" not in str(comparison.sentence)


def test_seeds_added_after_a_look_make_it_the_sequential_one_and_the_sentence_says_why(made, study):
    (fixed,) = comparisons(study, Records(records(made)))
    (comparison,) = comparisons(study, Records(records(made)), looks=looked(5, 6))
    assert (comparison.procedure, comparison.verdict, comparison.seeds_at_looks) == (
        "sequential",
        "better",
        (5, 6),
    )
    assert "had been shown (5, 6 seeds)" in str(comparison.sentence)
    assert comparison.p_value > fixed.p_value
    assert comparison.interval[0] < fixed.interval[0]
    assert not any("sign-flip" in str(note) for note in comparison.notes)


def test_seeds_added_until_it_settles_make_it_the_sequential_one_from_the_first_look(made, study):
    (comparison,) = comparisons(study, Records(records(made)), looks=looked(6, until_decided=True))
    assert comparison.procedure == "sequential"
    assert "until the questions are decided" in str(comparison.sentence)


def test_a_damaged_log_makes_it_the_sequential_one(made, study):
    (comparison,) = comparisons(study, Records(records(made)), looks=LookLog(is_complete=False))
    assert "looks.jsonl is damaged" in str(comparison.sentence)


def test_a_question_that_the_study_does_not_ask_is_allowed_for_as_well(made):
    comparison = compare(made.study(), Records(records(made)), Question(**ASKED), looks=looked(5, 6))
    assert comparison.procedure == "sequential"


@pytest.mark.parametrize(
    ("differences", "verdict", "told"),
    [
        (TESTED, "better", "is better than"),
        ([-each for each in TESTED], "worse", "is worse than"),
        ([0.0001, -0.0002, 0.0002, -0.0001, 0.0001, -0.0002], "equivalent", "No difference is shown"),
        ([each / 10 for each in TESTED], "equivalent", "The variants do differ"),
        ([0.02, -0.01, 0.03, -0.02, 0.01, 0.0], "undecided", "Undecided."),
        (TESTED[:3], "undecided", "So few seeds cannot exclude any mean difference yet"),
        ([*TESTED[:5], -0.2], "undecided", "contradict each other"),
        ([0.02], "undecided", "only one seed has run"),
        ([0.0, 0.0, 0.0, 0.0], "undecided", "exactly the same"),
        ([0.01] * 6, "better", "for each of 6 seeds"),
    ],
)
def test_each_verdict_has_its_sentence(made, study, differences, verdict, told):
    (comparison,) = comparisons(
        study, Records(records(made, differences)), looks=looked(3, max(4, len(differences)))
    )
    assert comparison.verdict == verdict
    assert told in str(comparison.sentence)
    assert "{" not in str(comparison.sentence)


def test_a_run_that_was_never_requested_is_not_excluded(made, study):
    some = Records(records(made, also_plain=2))
    assert [run.seed for run in comparisons(study, some)[0].excluded] == [6, 7]
    assert comparisons(study, some, looks=looked(6, extra=2))[0].excluded == ()
    assert [run.seed for run in comparisons(study, some, looks=looked(8))[0].excluded] == [6, 7]
