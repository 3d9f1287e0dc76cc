"""The A/A test: which variant, which seeds against which, and what is said."""

import pytest
from scipy import stats

from paribus.analysis.questions.aa import aa_test, aa_variant
from paribus.record.records import Records
from paribus.record.run import Status


def records(made, accuracies):
    return {
        ("plain", seed): made.run(made.history(3), seed=seed, test=accuracy)
        for seed, accuracy in enumerate(accuracies)
    }


def test_the_variant_that_changes_nothing_is_held_against_itself(made):
    assert aa_variant(made.study(["l2", "plain"])) == "plain"


def test_where_all_change_something_it_is_what_most_are_held_against(made):
    study = made.study(["a", "b", "c"])
    changed = {
        name: variant.model_copy(update={"changes": {"epochs": 3}})
        for name, variant in study.variants.items()
    }
    questions = [{"treatment": "a", "reference": "c"}, {"treatment": "b", "reference": "c"}]
    asked = study.model_validate({"name": "mine", "variants": changed, "questions": questions})
    assert aa_variant(asked) == "c"
    assert aa_variant(asked.model_copy(update={"questions": ()})) == "a"


def test_the_first_half_of_the_seeds_is_paired_with_the_second_by_index(made):
    accuracies = [0.96, 0.97, 0.955, 0.962, 0.959, 0.958]
    found = aa_test(made.study(), Records(records(made, accuracies)), "plain", 3)
    assert found.pairs == ((0, 3), (1, 4), (2, 5))
    by_scipy = stats.ttest_rel(accuracies[:3], accuracies[3:])
    assert found.paired.p_t == pytest.approx(by_scipy.pvalue)
    assert (found.outcome, found.margin) == ("undecided", None)
    assert "seeds 0 to 5" in str(found.sentence)


def test_pairs_of_which_a_run_did_not_end_well_are_left_out(made):
    ended = records(made, [0.96, 0.97, 0.955, 0.962, 0.959, 0.958])
    some = Records({**ended, ("plain", 4): made.run(made.history(2), seed=4, status=Status.DIVERGED)})
    found = aa_test(made.study(), some, "plain", 3)
    assert found.pairs == ((0, 3), (2, 5))
    assert "2 of 3 seed pairs" in str(found.sentence)


@pytest.mark.parametrize(
    ("accuracies", "margin", "finding", "told"),
    [
        ([0.960, 0.961, 0.962, 0.9601, 0.9612, 0.9619], 0.01, "equivalent", "smaller than the margin"),
        ([0.970, 0.971, 0.972, 0.9601, 0.9612, 0.9619], None, "different", "false alarm"),
        ([0.1135] * 6, None, "undecided", "not tested"),
    ],
)
def test_each_finding_has_its_sentence(made, accuracies, margin, finding, told):
    found = aa_test(made.study(margin=margin), Records(records(made, accuracies)), "plain", 3)
    assert found.outcome == finding
    assert told in str(found.sentence)
