"""`paribus verify`: its table, its JSON and its exit status."""

import json

import pytest
from rich.console import Console

from paribus import texts
from paribus.cli import published
from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.workflow.results import load_results


@pytest.fixture
def folder(made, tmp_path):
    """A folder of five seeds, written as training writes it; what was published is the test's."""

    def write(published, seeds=5, l2=None, **data):
        images = {"mnist": made.MNIST.model_copy(update=data)}
        figures = {"plain": {"test": published, "note": "Read off."}}
        study = made.study(
            ["plain", "l2"] if l2 else ["plain"],
            seeds=seeds,
            published=figures | ({"l2": {"test": l2}} if l2 else {}),
            questions=[{"treatment": "l2", "reference": "plain"}] if l2 else [],
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


def test_a_figure_like_ours_is_inside_the_interval(paribus, folder):
    answer = paribus("verify", folder(0.9618))
    assert answer.status == 0
    row = next(line for line in answer.out.splitlines() if "plain" in line)
    assert row.split() == ["✓", "inside", "plain", "·", "base", "96.18", "96.20", "95.72–96.68"]
    assert answer.out.splitlines()[0] == "mine: 1 published number: 1 inside."
    assert "holds" not in answer.out
    assert "Read off." not in answer.out


def test_what_may_be_said_of_each_figure_is_among_the_details(paribus, folder):
    told = paribus("verify", folder(0.9618), "--details").out
    assert "Inside the 95% prediction interval for one more run" in told
    assert "Read off." in told


def test_one_unlike_ours_fails(paribus, folder):
    answer = paribus("verify", folder(0.90))
    assert answer.status == 1
    assert "differs" in answer.out


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"seeds": 1}, "1 with too few seeds"),
        ({"seeds": 2}, "1 with too few seeds"),
        ({"verified": False, "stand_in": True}, "not comparable"),
    ],
)
def test_where_nothing_may_be_said_nothing_fails(paribus, folder, fields, words):
    answer = paribus("verify", folder(0.90, **fields))
    assert answer.status == 0
    assert words in " ".join(answer.out.split())
    assert "differs" not in answer.out


def test_a_difference_that_differs_fails_as_well(paribus, folder):
    answer = paribus("verify", folder(0.9618, l2=0.99), "--json")
    shown = json.loads(answer.out)
    assert [each["verdict"] for each in shown["differences"]] == ["differs"]
    assert answer.status == 1


def test_json_has_the_same(paribus, folder):
    answer = paribus("verify", folder(0.90), "--json")
    assert answer.status == 1
    shown = json.loads(answer.out)
    (row,) = shown["rows"]
    assert (shown["study"], shown["schema"], shown["differs"], shown["tolerance"]) == ("mine", 2, True, 0.01)
    assert (row["variant"], row["verdict"], row["data"], row["seeds"]) == (
        "plain",
        "differs",
        "verified",
        [0, 1, 2, 3, 4],
    )
    low, high = row["prediction_interval"]
    assert 0.90 < low < row["ours"]["test"] < high
    assert row["half_width"] == pytest.approx((high - low) / 2)
    assert row["published"]["test"] == 0.90
    assert row["sentence"].startswith("Outside the 95% prediction interval for one more run")


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("width", [80, 100])
def test_a_terminal_shows_what_it_has_room_for(capsys, folder, language, width):
    verification = load_results(folder(0.9618, l2=0.9618)).verify()
    with texts.language(language):
        published.show(Console(width=width, highlight=False), verification)
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if "plain · " in line]
    assert len(rows) == 1
    assert rows[0].replace(",", ".").split()[-3:] == ["96.18", "96.20", "95.72–96.68"]
    assert max(map(len, lines[2:-1])) <= width


def test_it_ends_with_what_the_figures_lack(paribus, folder):
    source = folder(0.9618, seeds=2)
    assert f"paribus verify {source} --details" in paribus("verify", source).out
    assert "--details" not in paribus("verify", source, "--details").out


def test_a_study_without_published_figures_says_so(paribus, made, tmp_path):
    Store(tmp_path / "none").write_study(made.study(["plain"]), {"mnist": made.MNIST})
    answer = paribus("verify", tmp_path / "none")
    assert answer.status == 0
    assert "no published figures" in answer.out
