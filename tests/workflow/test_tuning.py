"""A tuned study: trials on seeds of their own, winners on the study's, both comparisons, nothing twice."""

from __future__ import annotations

import copy
import json

import pytest

import paribus as pb
from paribus.record.folder import RunFolder
from paribus.record.run import Status
from paribus.record.store import Store
from paribus.report.tuned_answers import asked_twice
from paribus.report.tuning import charts
from paribus.study.reader import load
from paribus.study.seeds import FIRST_TRIAL_SEED
from paribus.workflow.results import load_results
from paribus.workflow.tuned import Searches

STUDY = {
    "name": "tuned",
    "seeds": 3,
    "data": {"sklearn": "iris"},
    "base": {
        "validation": 0.3,
        "scale": "standard",
        "model": {"hidden": [6]},
        "loss": "sparse_categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "epochs": 12,
    },
    "tune": {
        "learning_rate": {"from": 0.001, "to": 10, "scale": "log", "points": 3},
        "on": "val_loss",
        "seeds": 2,
    },
    "variants": {"plain": {}, "adam": {"optimizer": "adam"}},
    "questions": [{"treatment": "adam", "reference": "plain"}],
}

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("in_this_process")]


def changed(**tune):
    study = copy.deepcopy(STUDY)
    study["tune"] |= tune
    return load(study)


@pytest.fixture(scope="module")
def folder(in_this_process, tmp_path_factory):
    """A study that was tuned and trained to its end."""
    folder = tmp_path_factory.mktemp("tuned") / "out"
    pb.run(STUDY, out=folder)
    return folder


@pytest.fixture
def results(folder):
    return load_results(folder)


def run_specs(folder):
    return [each.spec() for each in Store(folder).folders()]


def test_trials_have_seeds_that_are_none_of_the_study(folder):
    seeds = [spec.seed for spec in run_specs(folder)]
    assert sum(seed >= FIRST_TRIAL_SEED for seed in seeds) == 2 * 3 * 2
    assert {seed for seed in seeds if seed < FIRST_TRIAL_SEED} == {0, 1, 2}


def test_a_trial_that_shares_a_variants_setting_is_no_run_of_the_variant(results):
    """The learning rate as written, 0.1, is one of the grid's."""
    assert results.records.seeds == (0, 1, 2)
    assert len(results.records) == 6


def test_the_winner_is_the_setting_with_the_lowest_validation_loss(folder, results):
    for each in results.tuned().variants:
        losses, optimizer_name = {}, "sgd" if each.name == "plain" else "adam"
        for run in Store(folder).folders():
            spec, optimizer = run.spec(), run.spec().configuration.optimizer
            if spec.seed >= FIRST_TRIAL_SEED and optimizer.name == optimizer_name:
                losses.setdefault(optimizer.arguments["learning_rate"], []).append(
                    run.history()[-1]["val_loss"]
                )
        means = {rate: sum(found) / 2 for rate, found in losses.items()}
        assert each.best.settings == {"learning_rate": min(means, key=means.get)}
        assert each.best.score == pytest.approx(min(means.values()))


def test_winners_are_trained_with_the_studys_seeds_and_compared_on_test(results):
    tuned = results.tuned()
    assert tuned.is_over
    assert tuned.records.seeds == (0, 1, 2)
    (best,), (shared,) = tuned.comparisons, tuned.shared
    assert {*shared.seeds} <= {*best.seeds} <= {0, 1, 2}
    rates = {
        name: tuned.records[name, 0].spec.configuration.optimizer.arguments["learning_rate"]
        for name in ("plain", "adam")
    }
    assert rates == {each.name: each.best.settings["learning_rate"] for each in tuned.variants}
    assert not best.confounds  # that the tuned setting differs is what was asked for


def test_no_test_score_of_a_trial_has_a_say(folder, tmp_path, monkeypatch):
    """With every test score of the trials turned around, the same settings win."""
    before = [each.best for each in load_results(folder).tuned().variants]
    read = RunFolder.read

    def turned(self, spec, *arguments, **options):
        record = read(self, spec, *arguments, **options)
        if record is not None and spec.seed >= FIRST_TRIAL_SEED:
            record.result.test.update(accuracy=1 - record.result.test["accuracy"], loss=-1.0)
        return record

    monkeypatch.setattr(RunFolder, "read", turned)
    assert [each.best for each in load_results(folder).tuned().variants] == before


def test_what_was_tuned_is_not_trained_again(folder, monkeypatch):
    from paribus.execute import local

    monkeypatch.setattr(local, "execute", lambda *_: pytest.fail("trains again"))
    assert pb.run(STUDY, out=folder).tuned().is_over


def test_a_longer_range_keeps_the_trials_that_it_shares(folder, tmp_path):
    import shutil

    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    before = len(run_specs(copied))
    longer = changed(learning_rate={"from": 0.001, "to": 1000, "scale": "log", "points": 4})
    planned = pb.plan(longer, out=copied).tuning
    assert (planned.runs, planned.missing) == (16, 4)  # of 0.001, 0.1, 10 and 1000 the last alone is new
    assert before == len(run_specs(copied))


def test_searches_that_the_study_has_no_more_are_counted(folder, tmp_path):
    store = Store(folder)
    searches = Searches.of(store)
    other = changed(seeds=1).variants["plain"]
    assert searches.earlier(other) == 3
    assert searches.tried(other) == ()


def test_the_plan_counts_trials_before_anything_is_trained(tmp_path):
    planned = pb.plan(STUDY, out=tmp_path / "out").tuning
    assert (planned.tries, planned.runs, planned.missing, planned.winners) == (6, 12, 12, 6)
    assert "6 settings in 12 runs" in "\n".join(planned.lines)


def test_only_the_variants_that_are_asked_for_are_tuned(tmp_path):
    pb.run(STUDY, out=tmp_path / "out", only=["plain"])
    by_name = {each.name: each for each in load_results(tmp_path / "out").tuned().variants}
    assert by_name["plain"].is_over
    assert not by_name["adam"].tries


def test_an_aa_test_tunes_nothing(tmp_path):
    pb.run(STUDY, out=tmp_path / "out", aa=True)
    assert not (tmp_path / "out" / "tuning.json").exists()


def test_a_trial_that_failed_leaves_the_search_open_until_it_is_trained(folder, tmp_path):
    import shutil

    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    trial = next(each for each in Store(copied).folders() if each.spec().seed >= FIRST_TRIAL_SEED)
    (trial.path / "result.json").unlink()
    tuned = load_results(copied).tuned()
    assert not tuned.is_over
    assert not tuned.comparisons
    assert pb.run(STUDY, out=copied).tuned().is_over


def test_quasi_random_tries_are_the_same_for_every_variant(tmp_path):
    study = changed(search="quasi_random", budget=4)
    first, second = pb.run(study, out=tmp_path / "out").tuned().variants
    assert [each.settings for each in first.tries] == [each.settings for each in second.tries]
    assert len({each.settings["learning_rate"] for each in first.tries}) == 4


def test_show_prints_both_comparisons_as_json(folder):
    from paribus.workflow.show_json import show_tree

    tree = json.loads(json.dumps(show_tree(load_results(folder))))["tuning"]
    assert tree["variants"]["plain"]["budget"] == 3
    assert tree["variants"]["plain"]["seeds"] == 2
    assert len(tree["variants"]["plain"]["tries"]) == 3
    assert tree["comparisons"][0]["seeds"] == [0, 1, 2]


def test_the_report_tells_both_comparisons_and_draws_the_search(folder, tmp_path):
    page = load_results(folder).report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert '<section id="tuning"' in page
    assert "Score against learning_rate" in page
    assert page.count('class="tune-chart"') == 2
    written = load_results(folder).report(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "| each at its best |" in written
    assert "a grid of 3 settings with 2 seeds of its own" in written


ASKED = [
    {"treatment": "adam", "reference": "learning_rate=0.2"},
    {"trend": "learning_rate"},
    {"best_of": ["learning_rate=0.1", "learning_rate=0.4", "adam"]},
]
SWEPT = {
    **{key: value for key, value in STUDY.items() if key != "tune"},
    "variants": {"adam": {"optimizer": {"name": "adam", "learning_rate": 0.02}}},
    "sweep": {"learning_rate": [0.1, 0.2, 0.4]},
    "tune": {"batch_size": [16, 64], "on": "val_loss", "seeds": 1},
    "questions": ASKED,
}


@pytest.fixture(scope="module")
def swept(in_this_process, tmp_path_factory):
    """A tuned study that asks about two variants, about doses and about several variants."""
    folder = tmp_path_factory.mktemp("swept") / "out"
    pb.run(SWEPT, out=folder)
    return folder


def test_every_kind_of_question_is_answered_with_each_variant_at_its_best(swept):
    tuned = load_results(swept).tuned()
    ((shared, best),) = tuned.designs
    sizes = {each.name: each.best.settings["batch_size"] for each in tuned.variants}
    for dose, name in zip(best.doses, tuned.study.designs[0].cells, strict=True):
        runs = [tuned.records[name, seed] for seed in range(3)]
        assert {run.spec.configuration.batch_size for run in runs} == {sizes[name]}
        assert list(dose.scores) == pytest.approx([run.test_score for run in runs])
    assert [each.level for each in shared.doses] == [each.level for each in best.doses]
    ((_, ranked),) = tuned.rankings
    means = {each.name: each.mean for each in ranked.variants}
    assert means["adam"] == pytest.approx(sum(tuned.records["adam", s].test_score for s in range(3)) / 3)


def test_a_question_about_doses_that_are_tuned_is_not_asked_of_the_best(tmp_path):
    own = {"learning_rate": [0.01, 0.1], "on": "val_loss", "seeds": 1}
    study = {**SWEPT, "questions": [{"trend": "learning_rate"}], "tune": own, "seeds": 1}
    study |= {"variants": {"plain": {}}}
    assert not pb.run(study, out=tmp_path / "out").tuned().designs


def test_questions_at_their_best_are_a_family_of_their_own_however_often_they_are_shown(swept):
    results = load_results(swept)
    assert len(results.looks.answered) == len(ASKED)  # the run has shown them
    tuned = results.tuned()
    assert {each.family for each in tuned.comparisons} == {len(ASKED)}
    assert {best.family for _, best in (*tuned.designs, *tuned.rankings)} == {len(ASKED)}
    assert tuned.shared == tuple(results.comparisons())


def test_the_reports_tell_every_kind_of_question_twice(swept, tmp_path):
    from paribus.workflow.show_json import show_tree

    results = load_results(swept)
    words = results.report(tmp_path / "r.md").read_text(encoding="utf-8")
    titles = [each.title for each in asked_twice(results.tuned())]
    assert len(titles) == len(ASKED)
    assert all(f"- {title}" in words for title in titles)
    assert (tmp_path / "r-figures" / "tuning.png").stat().st_size > 1000
    page = results.report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("At its best:") == len(ASKED)
    tree = show_tree(results)["tuning"]
    assert len(tree["designs"]) == len(tree["rankings"]) == 1


def test_variants_on_several_data_sets_are_drawn_apart(tmp_path):
    study = {**copy.deepcopy(STUDY), "seeds": 1, "questions": []}
    study["variants"] |= {"wine": {"data": {"sklearn": "wine"}}}
    study["tune"] |= {"seeds": 1}
    drawn = charts(pb.run(study, out=tmp_path / "out").tuned())
    assert [each.title.rpartition(": ")[2] for each in drawn] == ["iris", "wine", "iris", "wine"]
    assert [len(each.curves) for each in drawn] == [2, 1, 2, 1]


def test_a_damaged_record_of_the_search_is_named_by_doctor(folder, tmp_path):
    import shutil

    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    (copied / "tuning.json").write_text("{}", encoding="utf-8")
    assert Store(copied).damaged() == ["tuning.json"]
    assert pb.run(STUDY, out=copied).tuned().is_over  # the grid follows from the study: nothing is lost
    assert all(each.result().status is not Status.FAILED for each in Store(copied).folders())


def test_neither_tries_nor_winners_may_go(folder):
    assert pb.gc(folder).of("runs") == ()
    assert {each.kind for each in pb.gc(folder).items} <= {"caches"}
