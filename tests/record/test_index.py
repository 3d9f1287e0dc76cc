"""What is known of a folder changes nothing that is read of it, whatever has happened to its files."""

import hashlib
import json
import os
import random
import shutil
import threading
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.conftest import MNIST, made_history

from paribus.errors import StoreError
from paribus.record import index as index_module
from paribus.record import sealed
from paribus.record.folder import PREDICTIONS, RunFolder, Timing, Trained
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.study import reading
from paribus.study.cache import cache_folder
from paribus.study.reader import load
from paribus.workflow.doctor import examine_folder
from paribus.workflow.results import load_results
from paribus.workflow.show_json import show_tree

STUDY = {
    "name": "known",
    "seeds": 3,
    "data": "mnist",
    "base": {
        "scale": "unit",
        "validation": 0.1,
        "model": {"hidden": [8]},
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "epochs": 12,
    },
    "variants": {"plain": {}, "large": {"batch_size": 64}, "small": {"batch_size": 16}},
    "questions": [{"treatment": "large", "reference": "plain"}, {"treatment": "small", "reference": "plain"}],
}
DATA = {"mnist": MNIST}


def trained(store, spec, *, accuracy=0.9, status=Status.FINISHED):
    """Write a run as a training does, epoch by epoch."""
    folder = store.run(spec)
    folder.start(spec, {"path": "stepwise"})
    for row in made_history(12, seed=spec.seed + spec.configuration.batch_size):
        folder.append(row, Timing(int(row["epoch"]), 0.5, 0.1))
    good = status is Status.FINISHED
    test = {"accuracy": accuracy + 0.001 * spec.seed, "loss": 0.2, "data_loss": 0.2} if good else {}
    outputs, labels = np.eye(10, dtype=np.float32), np.arange(10, dtype=np.uint8)
    kept = Trained({"output/kernel": np.ones((8, 10), np.float32)}, outputs, labels) if good else None
    folder.finish(Result(status, 12, 12, test, 100, "dense 100", update_mode="stepwise"), kept)


@pytest.fixture(scope="module", autouse=True)
def _unflushed():
    """Let files reach the disk when they like: hundreds are written, and none has to survive a power cut."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A folder of nine runs that is large enough for an index, and whose files have settled."""
    monkeypatch.setattr(index_module, "LEAST_RUNS", 1)
    monkeypatch.setattr(index_module, "SETTLED_SECONDS", 0.0)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    return made(tmp_path / "study")


def made(path):
    store, study = Store(path), load(STUDY)
    store.write_study(study, DATA)
    for _, spec in specs(study, DATA, study.variants, range(3)):
        trained(store, spec)
    time.sleep(0.02)  # two changes within a tick of the clock would have one time
    return store


def shown(store):
    return json.dumps(show_tree(load_results(store.folder)))


def without(store, monkeypatch):
    """What is shown where nothing is known."""
    with monkeypatch.context() as patched:
        patched.setattr(index_module, "LEAST_RUNS", 10**9)
        return shown(store)


def index_file():
    (file,) = (cache_folder() / "index").glob("*.json")
    return file


@pytest.fixture
def opened(monkeypatch):
    """The files of runs that are opened, by name of folder and file."""
    files = []
    whole = reading.open_file

    def counting(path, most):
        if path.parent.parent.name == "runs":
            files.append((path.parent.name, path.name))
        return whole(path, most)

    monkeypatch.setattr(reading, "open_file", counting)
    return files


def test_the_second_reading_opens_no_file_of_a_run(store, opened):
    first = load_results(store.folder).records
    assert len(opened) > 9
    opened.clear()
    again = load_results(store.folder).records
    assert opened == []
    assert [*again] == [*first]
    assert all(one.result == two.result for one, two in zip(first.values(), again.values(), strict=True))
    assert opened == []
    assert all(one == two for one, two in zip(first.values(), again.values(), strict=True))
    assert {name for _, name in opened} == {"history.jsonl"}


def test_only_the_run_that_changed_is_read_again(store, opened):
    shown(store)
    study = load(STUDY)
    (_, spec), *_ = specs(study, DATA, ["large"], [1])
    trained(store, spec, accuracy=0.5)
    opened.clear()
    records = load_results(store.folder).records
    assert {folder for folder, _ in opened} == {spec.digest[:16]}
    assert records["large", 1].test_score == pytest.approx(0.501)


def test_a_folder_of_few_runs_has_no_index(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    shown(made(tmp_path / "study"))
    assert not (tmp_path / "cache" / "index").exists()


def test_what_has_just_changed_is_not_kept(store, monkeypatch):
    monkeypatch.setattr(index_module, "SETTLED_SECONDS", 60.0)
    shown(store)
    assert not (cache_folder() / "index").exists()


def test_a_cache_that_cannot_be_written_is_no_error(store, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "file"))
    assert shown(store) == without(store, monkeypatch)


def flip(path, draw):
    content = bytearray(path.read_bytes())
    if content:
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(content)


def reseal(path, draw):
    try:
        tree = sealed.read(path)
    except (OSError, ValueError):
        return
    tree["test"] = {"accuracy": draw.random(), "loss": 1e308, "data_loss": None}
    sealed.write(path, tree)


def exchange(path, draw):
    others = [each for each in path.parent.parent.glob(f"*/{path.name}") if each != path]
    if others and path.exists():
        other = draw.choice(sorted(others))
        one, two = path.read_bytes(), other.read_bytes()
        path.write_bytes(two)
        other.write_bytes(one)


CHANGES = {
    "flip": flip,
    "delete": lambda path, _: path.unlink(),
    "truncate": lambda path, draw: os.truncate(path, draw.randrange(1 + path.stat().st_size)),
    "append": lambda path, _: path.write_bytes(path.read_bytes() + b'{"epoch": 13}\n'),
    "touch": lambda path, _: os.utime(path, (1e9, 1e9)),
    "rewrite": lambda path, _: path.write_bytes(path.read_bytes()),
    "exchange": exchange,
    "reseal": lambda path, draw: reseal(path.with_name("result.json"), draw),
    "remove the run": lambda path, _: shutil.rmtree(path.parent),
    "copy the run": lambda path, _: shutil.copytree(
        path.parent, path.parent.with_name("0" * 16), dirs_exist_ok=True
    ),
    "a file beside it": lambda path, _: path.with_name("notes.txt").write_text("mine"),
    "a link in its place": lambda path, _: (path.unlink(), path.symlink_to("nowhere")),
}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return made(tmp_path_factory.mktemp("original") / "study").folder


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate], suppress_health_check=[*HealthCheck])
@example([("a file beside it", 1), ("delete", 45)])
@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 2**32)), min_size=1, max_size=2))
def test_after_any_change_of_the_folder_the_same_is_shown_as_without_an_index(
    original, tmp_path_factory, changes
):
    place = tmp_path_factory.mktemp("changed")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(index_module, "LEAST_RUNS", 1)
        patched.setattr(index_module, "SETTLED_SECONDS", 0.0)
        patched.setenv("PARIBUS_CACHE", str(place / "cache"))
        store = Store(place / "study")
        shutil.copytree(original, store.folder)
        shown(store)
        for name, seed in changes:
            draw = random.Random(seed)
            files = sorted(each for each in store.folder.glob("runs/*/*") if each.exists())
            if files:
                CHANGES[name](draw.choice(files), draw)
            time.sleep(0.02)
            assert shown(store) == without(store, patched)
            assert shown(store) == without(store, patched)


class TestIndexesThatAreWrong:
    def changed(self, change):
        _, _, body = index_file().read_bytes().partition(b"\n")
        tree = json.loads(body)
        for row in tree.values():
            change(row)
        body = json.dumps(tree).encode()
        index_file().write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)

    def test_damage_is_noticed_and_the_index_made_again(self, store, monkeypatch):
        shown(store)
        whole = index_file().read_bytes()
        index_file().write_bytes(whole.replace(b'"accuracy":0.9', b'"accuracy":0.1'))
        assert shown(store) == without(store, monkeypatch)
        assert index_file().read_bytes() == whole

    @pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff" * 1000, b"x" * 64 + b"\n[]"])
    def test_anything_else_in_its_place_is_ignored(self, store, monkeypatch, content):
        shown(store)
        index_file().write_bytes(content)
        assert shown(store) == without(store, monkeypatch)

    @pytest.mark.parametrize("deep", [b"[" * 100_000, b"[]", b'{"a": 1}', b'{"a": NaN}'])
    def test_a_digest_makes_nonsense_no_index(self, store, monkeypatch, deep):
        shown(store)
        index_file().write_bytes(hashlib.sha256(deep).hexdigest().encode() + b"\n" + deep)
        assert shown(store) == without(store, monkeypatch)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("result", {}),
            ("result", 3),
            ("rows", {"x": {}}),
            ("rows", {"0": {"epoch": "1"}}),
            ("rows", []),
            ("epochs", "many"),
            ("seconds", []),
            ("lately", 3),
            ("stamp", None),
            ("digest", "0" * 64),
            ("seed", "no"),
        ],
    )
    def test_rows_that_make_no_sense_are_read_anew(self, store, monkeypatch, key, value):
        shown(store)
        self.changed(lambda row: row.__setitem__(key, value))
        assert shown(store) == without(store, monkeypatch)

    def test_a_row_never_holds_for_another_run(self, store, monkeypatch):
        shown(store)
        body = json.loads(index_file().read_bytes().partition(b"\n")[2])
        first, second, *_ = body
        self.changed(lambda row: row.update(body[first]) if row == body[second] else None)
        assert shown(store) == without(store, monkeypatch)

    def test_that_of_other_code_is_left_alone(self, store, monkeypatch):
        shown(store)
        before = index_file()
        monkeypatch.setattr(index_module, "_reader", lambda: "another")
        shown(store)
        assert len([*before.parent.glob("*.json")]) == 2


def test_a_history_that_changed_since_is_an_error_and_not_a_curve(store):
    shown(store)
    records = load_results(store.folder).records
    record = records["plain", 0]
    (record.folder / "history.jsonl").write_bytes(b'{"epoch": 1, "loss": 0.1}\n')
    with pytest.raises(StoreError, match=r"history\.jsonl"):
        list(record.history)


def test_doctor_reads_the_files_whatever_is_known(store, monkeypatch):
    """Bytes that rot on the disk change no time: that hides them from `show`, and not from `doctor`."""
    shown(store)
    run = store.folders()[0].path
    look = index_module._look
    before = {path: look(path) for path in (each.path for each in store.folders())}
    monkeypatch.setattr(index_module, "_look", before.get)
    flip(run / "history.jsonl", random.Random(1))
    assert not all(check.holds for check in examine_folder(store.folder))


def test_readers_and_a_writer_at_once_all_see_whole_records(store):
    study = load(STUDY)
    (_, spec), *_ = specs(study, DATA, ["small"], [2])
    wrong, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            records = store.records(study, DATA)
            scores = [records[key].test_score for key in records if key != ("small", 2)]
            if len(scores) != 8 or None in scores:
                wrong.append(scores)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for each in readers:
        each.start()
    for accuracy in (0.1, 0.2, 0.3, 0.4):
        trained(store, spec, accuracy=accuracy)
    stop.set()
    for each in readers:
        each.join()
    assert wrong == []
    time.sleep(0.02)
    assert store.records(study, DATA)["small", 2].test_score == pytest.approx(0.402)


def test_seeds_of_other_runs_and_of_none_are_found(store, opened):
    shown(store)
    assert store.seeds() == (0, 1, 2)
    opened.clear()
    assert store.seeds() == (0, 1, 2)
    assert opened == []


def test_a_run_that_goes_on_is_read_each_time(store, opened):
    study = load(STUDY)
    (_, spec), *_ = specs(study, DATA, ["plain"], [0])
    folder = store.run(spec)
    folder.start(spec, {"path": "stepwise"})
    shown(store)
    opened.clear()
    records = store.records(study, DATA)
    assert records["plain", 0].status is Status.INTERRUPTED
    assert {name for name, _ in opened} == {spec.digest[:16]}


def test_what_plan_has_compared_it_need_not_compare_again(store, opened):
    from paribus.execute.plan import plan

    study = load(STUDY)
    seeds = {name: range(3) for name in study.variants}
    first = plan(study, DATA, store=store, seeds=seeds)
    assert {"weights.safetensors", "predictions.safetensors"} <= {name for _, name in opened}
    opened.clear()
    assert plan(study, DATA, store=store, seeds=seeds) == first
    assert opened == []
    assert first.missing == ()


def test_plan_finds_weights_that_show_did_not_look_at(store):
    from paribus.execute.plan import plan

    shown(store)
    study = load(STUDY)
    (_, spec), *_ = specs(study, DATA, ["plain"], [0])
    flip(RunFolder(store.run(spec).path).path / "weights.safetensors", random.Random(1))
    planned = plan(study, DATA, store=store, seeds={name: range(3) for name in study.variants})
    assert [run.spec.seed for run in planned.missing] == [0]


def test_runs_are_judged_by_their_predictions_without_reading_their_results_again(store, opened):
    load_results(store.folder)
    opened.clear()
    assert all(row.failures.runs == 3 and not row.failures.failed for row in load_results(store.folder).rows)
    assert sorted(opened) == sorted({(name, PREDICTIONS) for name in os.listdir(store.folder / "runs")})
