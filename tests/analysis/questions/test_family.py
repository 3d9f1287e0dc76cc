"""Over which questions p-values are adjusted: those asked for, and those answered before."""

import pytest

from paribus.analysis.questions.answering import comparisons
from paribus.analysis.questions.family import family, identify, requested_variants
from paribus.record.looks import Look, LookLog
from paribus.record.records import Records
from paribus.study.model import Question

NAMES = ["plain", "l2", "third", "fourth"]
GOOD, BASE = [0.978, 0.980, 0.979, 0.981, 0.977], [0.961, 0.963, 0.960, 0.965, 0.962]


@pytest.fixture
def study(made):
    """Three questions, each of another variant."""
    found = made.study(NAMES, questions=[{"treatment": name, "reference": "plain"} for name in NAMES[1:]])
    changed = {
        name: variant.model_copy(update={"configuration": made.configuration(l2=place / 100)})
        for place, (name, variant) in enumerate(found.variants.items())
    }
    return found.model_copy(update={"variants": changed})


def answered(study, *questions):
    """A log of one look, at which these questions were answered."""
    return LookLog((Look("2026-11-28", {}, answered=tuple(identify(study, each) for each in questions)),))


def runs(made, name, accuracies):
    return {
        (name, seed): made.run(made.history(2), seed=seed, test=value)
        for seed, value in enumerate(accuracies)
    }


def test_a_question_counts_once_runs_of_both_its_variants_were_requested(study):
    assert family(study, ["plain", "l2"], LookLog()).asked == study.questions[:1]
    assert len(family(study, NAMES, LookLog())) == 3
    assert len(family(study, ["plain"], LookLog())) == 0


def test_what_was_requested_up_to_a_look_counts_though_it_has_not_run():
    log = LookLog((Look("2026-11-28", {"plain": (0, 1), "l2": (0,), "third": ()}),))
    assert requested_variants(["fourth"], log) == {"plain", "l2", "fourth"}


def test_a_question_that_nobody_ran_anything_for_changes_no_p(made, study):
    records = Records(runs(made, "plain", BASE) | runs(made, "l2", GOOD))
    found = comparisons(study, records)
    assert found[0].p_adjusted == found[0].p_value
    assert [each.family for each in found] == [1, 1, 1]


def test_a_question_that_was_answered_stays_in_the_family_when_it_is_removed(made, study):
    records = Records(runs(made, "plain", BASE) | runs(made, "l2", GOOD) | runs(made, "third", BASE[::-1]))
    whole = comparisons(study, records)[0]
    fewer = study.model_copy(update={"questions": study.questions[:1]})
    later = comparisons(fewer, records, looks=answered(study, *study.questions[:2]))[0]
    assert comparisons(fewer, records)[0].p_adjusted < whole.p_adjusted == later.p_adjusted
    assert (later.family, later.removed) == (2, 1)
    assert "had results before and are no longer in the study" in str(later)


def test_a_variant_that_was_only_renamed_is_no_other_question(study):
    named = {("l2" if name == "renamed" else name): variant for name, variant in study.variants.items()}
    renamed = study.model_copy(
        update={
            "variants": {("weights" if name == "l2" else name): each for name, each in named.items()},
            "questions": (Question(treatment="weights", reference="plain"),),
        }
    )
    log = answered(study, study.questions[0])
    assert len(family(renamed, ["plain", "weights"], log)) == 1


def test_a_question_that_was_asked_in_addition_counts_from_then_on(made, study):
    records = Records(runs(made, "plain", BASE) | runs(made, "l2", GOOD) | runs(made, "third", BASE[::-1]))
    log = answered(study, Question(treatment="third", reference="l2"))
    assert comparisons(study, records, looks=log)[0].family == 3
