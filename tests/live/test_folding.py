"""A page of very many variants shows some in full, lists the first, and counts the others."""

import json

import pytest

from paribus.live import folding, overview
from paribus.live.drawing import study_page
from paribus.live.state import StudyFolder
from paribus.live.watch import Watch
from paribus.record import index
from paribus.record.run import Status
from paribus.report.folding import MAX_IN_FULL

MANY = MAX_IN_FULL + 5


def large(of, path, *, seeds=2, variants=MANY):
    names = [f"v{place}" for place in range(variants)]
    training = of(path, *names, seeds=seeds, epochs=2)
    for place, name in enumerate(names):
        variant = training.study.variants[name]
        changed = variant.configuration.model_copy(update={"batch_size": 32 + place})
        object.__setattr__(variant, "configuration", changed)
    training.store.write_study(training.study, training.data)
    return training


@pytest.fixture
def many(of, tmp_path):
    return large(of, tmp_path / "many")


def test_of_few_variants_all_are_shown(training):
    now = StudyFolder(training.store.folder).read()
    assert folding.in_full(now) == ("plain", "l2")
    assert len([*folding.drawn(now, folding.in_full(now))]) == 4


def test_of_many_those_that_train_or_failed_come_first(many):
    with many.store.writing():
        many.start("v63", 0, epochs=1)
        many.start("v62", 0, epochs=1)
        many.finish("v62", 0, status=Status.DIVERGED)
        now = StudyFolder(many.store.folder).read()
        full = folding.in_full(now)
    assert len(full) == MAX_IN_FULL
    assert {"v0", "v62", "v63"} <= {*full}
    assert "v64" not in full
    assert [*full] == sorted(full, key=[*now.study.variants].index)


def test_the_table_lists_the_first_and_counts_the_rest(many):
    for place in range(MANY):
        many.whole(f"v{place}", 0)
    table = overview.table(StudyFolder(many.store.folder).read())
    assert len(table["rows"]) == MAX_IN_FULL
    assert table["further"].startswith("5 more variants have begun")


def test_the_picture_has_the_first_seeds_of_each_variant_as_far_as_there_is_room(of, tmp_path, monkeypatch):
    monkeypatch.setattr(folding, "MAX_LINES", 7)
    training = large(of, tmp_path / "five", seeds=3, variants=5)
    now = StudyFolder(training.store.folder).read()
    found = [(run.names[0], run.spec.seed) for run in folding.drawn(now, now.study.variants)]
    assert found == [("v0", 0), ("v0", 1), ("v1", 0), ("v1", 1), ("v2", 0), ("v3", 0), ("v4", 0)]


def test_a_page_has_what_its_stream_fills_and_nothing_else(many):
    with many.store.writing():
        many.start("v64", 0, epochs=1)
        watch = Watch(many.store.folder)
        now = watch.study("many")
        full = watch.in_full("many", now)
        page, _ = study_page("many", now, many.store.folder, full)
        watch.pages["many"] += 1
        parts = {name for key, name in watch._read({"many"})[0] if key == "many"}
    assert page.count("<details id=") == MAX_IN_FULL
    assert 'id="v65"' in page
    assert f"{MAX_IN_FULL} of {MANY} variants are shown here" in page
    runs = [name for name in parts if name.startswith("run-")]
    assert len(runs) == 2 * MAX_IN_FULL
    assert all(f'data-run="{name.removeprefix("run-")}"' in page for name in runs)
    assert {name for name in parts if name.startswith("charts-")} == {"charts-v65"}


def test_the_choice_stays_as_long_as_a_page_is_open(many):
    watch = Watch(many.store.folder)
    with many.store.writing():
        first = watch.in_full("many", watch.study("many"))
        watch.pages["many"] += 1
        many.start("v64", 0, epochs=1)
        assert watch.in_full("many", watch.study("many")) == first
        watch.pages["many"] -= 1
        assert "v64" in watch.in_full("many", watch.study("many"))


def test_findings_are_looked_for_in_what_is_shown(many):
    many.whole("v0", 0)
    watch = Watch(many.store.folder)
    watch.pages["many"] += 1
    watch._read({"many"})
    found = watch._diagnose_all({"many"})
    names = {name for _, name in found if name.startswith("findings-")}
    assert len(names) == MAX_IN_FULL
    assert json.loads(found["many", "findings-v1"]) is not None


def test_runs_that_have_ended_are_known_from_the_index_as_from_their_files(many, monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    many.whole("v3", 0)
    many.start("v4", 0, epochs=1)
    plain = StudyFolder(many.store.folder).read()
    monkeypatch.setattr(index, "LEAST_RUNS", 1)
    monkeypatch.setattr(index, "SETTLED_SECONDS", 0.0)
    for known in (StudyFolder(many.store.folder).read(), StudyFolder(many.store.folder).read()):
        assert [(run.key, run.status, run.spent, run.pace, run.changed, run.begun) for run in known.runs] == [
            (run.key, run.status, run.spent, run.pace, run.changed, run.begun) for run in plain.runs
        ]
        assert [*known.records] == [*plain.records]
        assert all(known.records[key] == plain.records[key] for key in plain.records)


def test_a_run_that_is_trained_again_is_followed_again(many, monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(index, "LEAST_RUNS", 1)
    monkeypatch.setattr(index, "SETTLED_SECONDS", 0.0)
    many.whole("v3", 0)
    folder = StudyFolder(many.store.folder)
    StudyFolder(many.store.folder).read()
    assert {run.status for run in folder.read().of("v3")} == {Status.FINISHED, None}
    with many.store.writing():
        many.folder("v3", 0).start(many.spec("v3", 0), {"path": "stepwise"})
        many.folder("v3", 0).resume()
        many.epoch("v3", 0)
        now = folder.read().of("v3")[0]
        assert (now.status, len(now.rows)) == (Status.RUNNING, 1)


def test_a_new_run_is_found_without_reading_the_others_again(many, monkeypatch):
    folder = StudyFolder(many.store.folder)
    many.whole("v3", 0)
    folder.read()
    read = []
    monkeypatch.setattr(index.spec_file, "seed", lambda path: read.append(path.name) or 1)
    many.start("v4", 1, epochs=1)
    now = folder.read()
    assert read == [many.folder("v4", 1).path.name]
    assert [run.status is not None for run in now.of("v4")] == [False, True]
