"""`paribus verify`: its table, its JSON and its exit status."""

import json

import pytest

from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs


@pytest.fixture
def folder(made, tmp_path):
    """A folder of five seeds, written as training writes it; what was published is the test's."""

    def write(published, seeds=5, **data):
        images = {"mnist": made.MNIST.model_copy(update=data)}
        study = made.study(
            ["plain"], seeds=seeds, published={"plain": {"test": published, "note": "Read off."}}
        )
        store = Store(tmp_path / "out")
        store.write_study(study, images)
        for _, spec in specs(study, images, study.variants, range(seeds)):
            run = store.run(spec)
            run.start(spec, {})
            for row in made.history(2):
                run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
            test = {"accuracy": 0.960 + 0.001 * spec.seed, "loss": 0.1, "data_loss": 0.1}
            run.finish(Result(Status.FINISHED, 2, 2, test))
        return tmp_path / "out"

    return write


def test_a_figure_like_ours_holds(paribus, folder):
    answer = paribus("verify", folder(0.9618))
    assert answer.status == 0
    row = next(line for line in answer.out.splitlines() if "plain" in line)
    assert "96.18" in row
    assert "holds" in row
    assert "verified" in row
    assert "Read off." in answer.out


def test_one_unlike_ours_fails(paribus, folder):
    answer = paribus("verify", folder(0.90))
    assert answer.status == 1
    assert "differs" in answer.out


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"seeds": 1}, "paribus run --seeds 5"), ({"verified": False, "stand_in": True}, "Stand-in images")],
)
def test_where_nothing_may_be_said_nothing_fails(paribus, folder, fields, words):
    answer = paribus("verify", folder(0.90, **fields))
    assert answer.status == 0
    assert words in answer.out
    assert "differs" not in answer.out


def test_json_has_the_same(paribus, folder):
    answer = paribus("verify", folder(0.90), "--json")
    assert answer.status == 1
    shown = json.loads(answer.out)
    (row,) = shown["rows"]
    assert (shown["study"], shown["holds"]) == ("mine", False)
    assert (row["variant"], row["verdict"], row["data"], row["seeds"]) == (
        "plain",
        "differs",
        "verified",
        [0, 1, 2, 3, 4],
    )
    low, high = row["prediction_interval"]
    assert 0.90 < low < row["ours"]["test"] < high
    assert row["published"]["test"] == 0.90


def test_a_study_without_published_figures_says_so(paribus, made, tmp_path):
    Store(tmp_path / "none").write_study(made.study(["plain"]), {"mnist": made.MNIST})
    answer = paribus("verify", tmp_path / "none")
    assert answer.status == 0
    assert "no published figures" in answer.out
