"""The study's answers as Python and a notebook show them."""

import numpy as np
import pytest
from scipy import stats

from paribus.errors import UsageError
from paribus.workflow.results import Results

PLAIN, L2 = [0.961, 0.963, 0.960], [0.978, 0.981, 0.979]


@pytest.fixture
def results(made, tmp_path):
    study = made.study(["plain", "l2", "later"], questions=[
        {"treatment": "l2", "reference": "plain", "ask": "Does L2 help?"},
        {"treatment": "later", "reference": "plain"},
    ])  # fmt: skip
    records = {
        (name, seed): made.run(made.history(2), seed=seed, test=accuracy)
        for name, accuracies in (("plain", PLAIN), ("l2", L2))
        for seed, accuracy in enumerate(accuracies)
    }
    return Results(study, records, {}, tmp_path)


def test_the_answers_stand_in_the_order_of_the_questions(results):
    assert [(each.treatment, len(each.seeds)) for each in results.comparisons] == [("l2", 3), ("later", 0)]
    assert [each.treatment for each in results.comparisons.answered] == ["l2"]
    assert "later against plain" in results.comparisons.unanswered


def test_compare_answers_one_question(results):
    found = results.compare("l2", "plain")
    assert found.difference == pytest.approx(np.mean(L2) - np.mean(PLAIN))
    assert found.p_value == pytest.approx(stats.ttest_rel(L2, PLAIN).pvalue)
    assert found.p_adjusted == pytest.approx(2 * found.p_value)
    assert results.compare("plain", "l2").family == 3


def test_compare_refuses_what_is_not_there(results):
    with pytest.raises(UsageError, match="Did you mean 'test_accuracy'"):
        results.compare("l2", "plain", metric="test_acuracy")
    with pytest.raises(UsageError, match="itself"):
        results.compare("l2", "l2")
    with pytest.raises(UsageError, match="l3"):
        results.compare("l3", "plain")


def test_the_answers_show_themselves(results):
    assert "Does L2 help?\nl2 is better than plain" in repr(results.comparisons)
    told = results.comparisons._repr_html_()
    assert told.count("<tr>") == 3
    assert "<td>better</td>" in told
