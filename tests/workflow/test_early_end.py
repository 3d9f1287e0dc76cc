"""Tries that end early: by scores at the same epoch, the same wherever a search was killed, and told."""

from __future__ import annotations

import copy
import json
import re
import shutil

import pytest

import paribus as pb
from paribus.execute import local
from paribus.record.store import Store
from paribus.report.early_end import notes
from paribus.study.early_end import Halving, Median
from paribus.study.reader import load
from paribus.study.seeds import FIRST_TRIAL_SEED
from paribus.study.tuning import Tune, TuneRange
from paribus.workflow.early_end import Progress, decide, rounds
from paribus.workflow.results import load_results

pytestmark = pytest.mark.whole

HALVING = Halving(reduction_factor=2, min_resource=1)
MEDIAN = Median(startup=2, warmup=2, interval=2)


def tune(stop, *, on="val_accuracy", search="quasi_random", budget=4, **settings):
    ranges = settings or {"learning_rate": TuneRange(low=1e-4, high=1, scale="log", points=budget)}
    return Tune(settings=ranges, on=on, search=search, budget=budget, seeds=1, stop=stop)


def at(*values, over=False, **fields):
    """A try of one run with these scores after its epochs."""
    score = values[-1] if over else None
    return Progress(values, [len(values)], [over], score=score, **fields)


def test_all_tries_are_trained_to_the_first_rung_before_any_goes_on():
    found = decide(tune(HALVING), 4, [at(0.5), at(), at(0.7), at()])
    assert found.wanted == {1: 1, 3: 1}
    assert not found.ended


def test_of_the_tries_at_a_rung_the_best_half_goes_on_to_the_next():
    found = decide(tune(HALVING), 4, [at(0.5), at(0.6), at(0.7), at(0.4)])
    assert {place: each.epoch for place, each in found.ended.items()} == {0: 1, 3: 1}
    assert found.wanted == {1: 2, 2: 2}
    assert (found.ended[0].score, found.ended[0].bar, found.ended[0].among) == (0.5, 0.6, 4)


def test_a_lower_loss_is_better():
    found = decide(tune(HALVING, on="val_loss"), 4, [at(0.5), at(0.6), at(0.7), at(0.4)])
    assert {*found.ended} == {1, 2}


def test_the_last_one_is_trained_to_its_end():
    tries = [at(0.5), at(0.6, 0.65), at(0.7, 0.75), at(0.4)]
    found = decide(tune(HALVING), 4, tries)
    assert found.wanted == {2: None}
    assert found.ended[1].epoch == 2


def test_equal_scores_go_on_together():
    found = decide(tune(HALVING), 4, [at(0.5), at(0.5), at(0.5), at(0.4)])
    assert {*found.ended} == {3}


def test_what_was_trained_beyond_a_rung_has_no_say():
    """The same study has the same answer in a folder that has whole runs of the same tries."""
    short = [at(0.5), at(0.6, 0.65), at(0.7, 0.75), at(0.4)]
    long = [at(0.5, 0.99, 0.99, 0.99, over=True), short[1], short[2], at(0.4)]
    assert decide(tune(HALVING), 4, long).ended == decide(tune(HALVING), 4, short).ended


def test_tries_are_compared_after_the_same_number_of_epochs_alone():
    """A try that is over after one epoch, as its setting says, is compared at the first rung alone."""
    epochs = tune(HALVING, epochs=TuneRange(values=(1, 4)), budget=4)
    tries = [at(0.9, over=True), at(0.8), at(0.1, over=True), at(0.2)]
    found = decide(epochs, 4, tries)
    assert {*found.ended} == {3}  # the third is below as well, but there is nothing left to save
    assert found.wanted == {1: 2}


def test_an_undefined_score_ends_nothing():
    found = decide(tune(HALVING), 4, [at(None), at(0.6), at(0.7), at(0.4)])
    assert 0 not in found.ended
    assert found.wanted[0] == 2


def test_a_try_of_which_a_run_diverged_goes_on_no_further():
    diverged = Progress((0.9, 0.8), [2, 3], [True, False], diverged_at=2)
    found = decide(tune(HALVING), 4, [diverged, at(0.6, 0.7), at(0.1), at(0.2)])
    assert found.ended[0].rule == "diverged"
    assert found.ended[0].epoch == 2
    assert found.wanted == {1: None}


def test_by_the_median_the_first_tries_are_never_judged():
    found = decide(tune(MEDIAN), 6, [at(), at(), at(), at()])
    assert found.wanted == {0: None, 1: None}


def test_by_the_median_a_try_ends_whose_best_is_worse_than_that_of_finished_ones():
    first = [at(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, over=True), at(0.1, 0.6, 0.7, 0.8, 0.9, 0.9, over=True)]
    found = decide(tune(MEDIAN), 6, [*first, at(0.3, 0.3), at(0.1, 0.5)])
    assert {*found.ended} == {2}
    assert (found.ended[2].epoch, found.ended[2].score, found.ended[2].bar) == (2, 0.3, pytest.approx(0.4))
    assert found.wanted == {3: 4}


def test_by_the_median_a_try_that_was_good_before_goes_on():
    first = [at(*[0.5] * 6, over=True), at(*[0.5] * 6, over=True)]
    assert not decide(tune(MEDIAN), 6, [*first, at(0.6, 0.1), at(0.5, 0.5)]).ended


def test_the_tries_that_a_grid_finishes_first_are_from_all_over_it():
    assert rounds(tune(Median(startup=3, warmup=1, interval=1), search="grid", budget=9), 9) == [
        [0, 4, 8],
        [1, 2, 3, 5, 6, 7],
    ]


def test_a_sampler_is_judged_in_the_rounds_in_which_it_was_asked():
    assert rounds(tune(HALVING, search="tpe", budget=6), 6) == [[0, 1, 2, 3], [4, 5]]
    tries = [at(0.5), at(0.6, 0.6), at(0.7, 0.7, 0.7, 0.7, over=True), at(0.4), at(0.65), at(0.55)]
    found = decide(tune(HALVING, search="tpe", budget=6), 4, tries)
    # 0.65 is among the best three of the six that got to epoch 1, 0.55 is not.
    assert {*found.ended} == {0, 1, 3, 5}
    assert found.wanted == {4: 2}


STUDY = {
    "name": "early",
    "seeds": 3,
    "data": {"sklearn": "iris"},
    "base": {
        "validation": 0.3,
        "scale": "standard",
        "model": {"hidden": [6]},
        "loss": "sparse_categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "epochs": 8,
    },
    "tune": {
        "learning_rate": {"from": 0.0001, "to": 1, "scale": "log", "points": 6},
        "on": "val_loss",
        "seeds": 2,
        "stop": {"halving": {"reduction_factor": 2, "min_resource": 2}},
    },
    "variants": {"plain": {}, "adam": {"optimizer": "adam"}},
    "questions": [{"treatment": "adam", "reference": "plain"}],
}


def changed(**keys):
    study = copy.deepcopy(STUDY)
    study["tune"] = {name: value for name, value in {**study["tune"], **keys}.items() if value is not None}
    return load(study)


@pytest.fixture(scope="module")
def folder(in_this_process, tmp_path_factory):
    """A study whose search ended tries early."""
    folder = tmp_path_factory.mktemp("early") / "out"
    pb.run(STUDY, out=folder)
    return folder


def trials(folder):
    return [each for each in Store(folder).folders() if each.spec().seed >= FIRST_TRIAL_SEED]


def test_runs_of_ended_tries_stop_at_their_rung_and_stay(folder):
    lengths = sorted(len(each.history()) for each in trials(folder))
    assert lengths == [2] * 12 + [4] * 8 + [8] * 4  # of 6 tries 3 go on, of these 1; each with 2 seeds, twice
    for each in load_results(folder).tuned().variants:
        assert each.is_over
        assert sorted(one.ended.epoch for one in each.ended) == [2, 2, 2, 4, 4]
        assert (each.epochs, each.most_epochs, each.saved_epochs) == (2 * 22, 2 * 48, 2 * 26)
        assert each.best.ended is None


def test_the_winner_is_trained_anew_to_its_last_epoch_with_the_studys_seeds(folder):
    tuned = load_results(folder).tuned()
    assert tuned.is_over
    assert {len(run.history) for run in tuned.records.values()} == {8}
    assert tuned.records.seeds == (0, 1, 2)


def test_the_winner_has_the_curve_of_a_search_that_ends_nothing(folder, tmp_path):
    whole = tmp_path / "whole"
    pb.run(changed(stop=None), out=whole)
    by_name = {each.path.name: each for each in trials(whole)}
    for each in trials(folder):
        assert each.history() == by_name[each.path.name].history()[: len(each.history())]


def test_a_folder_with_whole_runs_gives_the_same_search(folder, tmp_path):
    whole = tmp_path / "whole"
    pb.run(changed(stop=None), out=whole)
    before = load_results(folder).tuned()
    after = pb.run(STUDY, out=whole).tuned()
    for one, other in zip(before.variants, after.variants, strict=True):
        assert [each.ended for each in one.tries] == [each.ended for each in other.tries]
        assert one.best == other.best
        assert (one.epochs, one.saved_epochs) == (other.epochs, other.saved_epochs)


def test_without_the_rule_ended_tries_go_on_from_where_they_paused(folder, tmp_path, monkeypatch):
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    resumed = []
    execute = local.execute

    def watched(assignments, workers, observe):
        execute(assignments, workers, lambda event: (resumed.append(event), observe(event)))

    monkeypatch.setattr(local, "execute", watched)
    tuned = pb.run(changed(stop=None), out=copied).tuned()
    assert tuned.is_over
    assert not any(each.ended for each in tuned.variants)
    assert {len(each.history()) for each in trials(copied)} == {8}
    began = {each.epoch for each in resumed if each.kind == "started"}
    assert began >= {2, 4}


class Killed(Exception):
    """Ends a process in the middle of its work."""


@pytest.mark.parametrize("after", [1, 7, 30])
def test_a_search_that_was_killed_comes_to_the_same(folder, tmp_path, monkeypatch, after):
    """Killed after so many epochs, within the first rung or later, and continued."""
    out = tmp_path / "killed"
    execute, left = local.execute, [after]

    def dying(assignments, workers, observe):
        def count(event):
            observe(event)
            left[0] -= event.kind == "epoch"
            if not left[0]:
                raise Killed

        execute(assignments, workers, count)

    with monkeypatch.context() as patch:
        patch.setattr(local, "execute", dying)
        with pytest.raises(Killed):
            pb.run(STUDY, out=out)
    pb.run(STUDY, out=out)
    histories = [{each.path.name: each.history() for each in trials(each)} for each in (folder, out)]
    assert histories[0] == histories[1]
    before, after_ = (load_results(each).tuned() for each in (folder, out))
    assert [each.tries for each in before.variants] == [each.tries for each in after_.variants]


def test_nothing_is_trained_twice_and_the_plan_knows_that_nothing_is_missing(folder, monkeypatch):
    monkeypatch.setattr(local, "execute", lambda *_: pytest.fail("trains again"))
    assert pb.run(STUDY, out=folder).tuned().is_over
    planned = pb.plan(STUDY, out=folder).tuning
    assert (planned.runs, planned.missing, planned.epochs) == (24, 0, 192)


def test_the_plan_says_that_tries_end_early(tmp_path):
    planned = pb.plan(STUDY, out=tmp_path / "out").tuning
    assert "at most 192 epochs" in " ".join(planned.lines)


def test_the_report_accounts_for_every_epoch(folder, tmp_path):
    written = load_results(folder).report(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "Every variant had the same budget in epochs: at most 96" in written
    assert "5 of 6 tries ended early, which saved 52 of at most 96 epochs" in written
    assert "after epochs 2 and 4, the best one in 2" in written
    assert "the last of 6 tries that went on had" in written
    assert "expected best after some tries is not given" in written
    page = load_results(folder).report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Tries that ended early" in page


def test_json_says_of_every_try_when_it_ended_and_why(folder):
    from paribus.workflow.show_json import show_tree

    found = json.loads(json.dumps(show_tree(load_results(folder))))["tuning"]["variants"]["plain"]
    assert found["stop"] == {"halving": {"reduction_factor": 2, "min_resource": 2}}
    assert (found["epochs"], found["most_epochs"], found["saved_epochs"]) == (44, 96, 52)
    ended = [each for each in found["tries"] if each["ended"]]
    assert len(ended) == 5
    for each in ended:
        assert each["score"] is None
        assert each["epochs"] == 2 * each["ended"]["epoch"]
        assert each["ended"]["score"] > each["ended"]["bar"]  # a loss


def test_the_median_rule_trains_a_study_to_its_end(tmp_path):
    study = changed(stop={"median": {"startup": 2, "warmup": 2, "interval": 2}})
    tuned = pb.run(study, out=tmp_path / "out").tuned()
    assert tuned.is_over
    assert all(each.epochs <= each.most_epochs for each in tuned.variants)
    assert any(each.ended for each in tuned.variants)


def test_variants_of_unequal_length_are_said_to_have_unequal_budgets(tmp_path):
    study = copy.deepcopy(STUDY)
    study["variants"]["adam"]["epochs"] = 6
    results = pb.run(load(study), out=tmp_path / "out")
    (told,) = [line for line in notes(results.tuned()) if "not of epochs" in line]
    assert re.search(r"variant plain.* at most 96 and variant adam.* at most 72", told)


@pytest.mark.trackers
@pytest.mark.parametrize("stop", ["median", {"halving": {"reduction_factor": 2, "min_resource": 2}}])
def test_a_sampler_is_told_what_ended_early_and_repeats_itself(tmp_path, stop):
    study = changed(search="tpe", budget=5, seeds=1, stop=stop)
    found = [
        pb.run(study, out=tmp_path / name, only=["plain"]).tuned().variants[0] for name in ("one", "two")
    ]
    assert found[0].tries == found[1].tries
    assert found[0].is_over
    assert len(found[0].tries) == 5


@pytest.mark.trackers
def test_an_ended_try_is_told_to_optuna_with_its_epoch_and_score():
    from paribus.analysis.tuning import Ending
    from paribus.workflow.search import ROUND, next_settings

    searched = tune(None, search="tpe", budget=8)
    first = next_settings(searched, [])
    told = [(each, Ending(2, "halving", 0.1 * place, 0.9, 4)) for place, each in enumerate(first)]
    assert len(next_settings(searched, told)) == ROUND
