"""`paribus diff` as a user meets it."""

import json

import pytest
from tests.made_results import made_results


@pytest.fixture
def folders(made, tmp_path):
    return made_results(made, tmp_path / "one").folder, made_results(made, tmp_path / "two", seeds=4).folder


def test_what_differs_is_shown_and_the_status_says_so(paribus, folders):
    answer = paribus("diff", *folders)
    assert (answer.status, answer.err) == (1, "")
    assert "What the studies say" in answer.out
    assert "6 runs are the same to the bit in both." in answer.out
    assert "What the comparisons show" in answer.out


def test_the_same_is_said_to_be_the_same(paribus, folders):
    answer = paribus("diff", folders[0], folders[0])
    assert answer.status == 0
    assert "do not differ" in answer.out


def test_json_has_everything(paribus, folders):
    tree = json.loads(paribus("diff", *folders, "--json").out)
    assert tree["same"] is False
    assert tree["settings"] == [{"name": "seeds", "first": "3", "second": "4"}]
    assert tree["runs"]["only"]["second"] == [
        {"variant": "plain", "seed": 3},
        {"variant": "l2", "seed": 3},
    ]
    assert tree["answers"][0]["first"]["treatment"] == "l2"


def test_what_is_not_there_is_one_message(paribus, folders):
    answer = paribus("diff", folders[0], "nowhere/at-all")
    assert (answer.status, answer.out) == (2, "")
