"""What a notebook shows: progress, objects, and a written notebook that runs from top to bottom."""

import html
import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import paribus as pb
from paribus.execute.messages import Ended, EpochDone
from paribus.execute.plan import plan
from paribus.record.run import DataUsed, Result, Status
from paribus.record.store import Store, specs
from paribus.report.remark import About, Remark
from paribus.study.reader import load
from paribus.workflow.progress.notebook import NotebookDisplay
from paribus.workflow.results import load_results

EVIL = "<script>alert(1)</script>"
DATA = {"mnist": DataUsed(name="mnist", sha256="", verified=True, stand_in=False, train=1000, test=100)}


class Shown:
    """An output of a notebook, and all it has shown."""

    def __init__(self):
        self.pages = []

    def __call__(self, shown, plain):
        self.pages.append((shown, plain))
        return lambda shown, plain: self.pages.append((shown, plain))


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self):
        return self.now


def planned(variants, folder):
    """Return a study of these variants, and the plan of one seed of each."""
    study = load(
        {
            "name": "mine",
            "base": {
                "data": "mnist",
                "model": {"hidden": [8], "output": "softmax"},
                "loss": "categorical_crossentropy",
                "optimizer": "sgd",
                "epochs": 10,
            },
            "variants": variants,
        }
    )
    return study, plan(study, DATA, store=Store(folder), seeds=dict.fromkeys(study.variants, range(1)))


def epoch(run, number):
    row = {"epoch": number, "loss": 0.5, "accuracy": 0.9, "val_accuracy": 0.8}
    return EpochDone(run=run.spec.digest, row=row, seconds=2.0)


def test_a_notebooks_progress_is_one_output_that_is_replaced(tmp_path):
    study, todo = planned({"plain": {}}, tmp_path)
    (run,) = todo.missing
    shown, clock = Shown(), Clock()
    with NotebookDisplay(study, todo, show=shown, clock=clock) as take:
        for number in range(1, 4):
            clock.now += 0.3
            take(epoch(run, number))
        page, plain = shown.pages[-1]
        assert "3/10" in page
        assert 'value="0.3000"' in page
        assert "80.00" in page
        assert plain.startswith("0/1")
        take(Ended(run=run.spec.digest, status="finished"))
    page, plain = shown.pages[-1]
    assert plain.startswith("1/1")
    assert page.count("<progress") == 1


def test_it_is_not_drawn_more_often_than_eyes_can_follow(tmp_path):
    study, todo = planned({"plain": {}}, tmp_path)
    (run,) = todo.missing
    shown, clock = Shown(), Clock()
    with NotebookDisplay(study, todo, show=shown, clock=clock) as take:
        for number in range(1, 10):
            clock.now += 0.01
            take(epoch(run, number))
        assert len(shown.pages) == 1


def test_progress_escapes_names_and_causes(tmp_path):
    study, todo = planned({"a & b": {}, "other": {"epochs": 5}}, tmp_path)
    run, other = todo.missing
    shown = Shown()
    with NotebookDisplay(study, todo, show=shown) as take:
        take(epoch(run, 1))
        take(Ended(run=other.spec.digest, status="failed", cause=EVIL))
    page, _ = shown.pages[-1]
    assert EVIL not in page
    assert page.count(html.escape(EVIL)) == 1
    assert page.count("a &amp; b") == 1


def stored(made, folder, name):
    """Results of a study whose variant has this name, one run of it."""
    study = made.study(
        (name, "l2"), title=name, questions=[{"treatment": "l2", "reference": name, "ask": name}]
    )
    data, store = {"mnist": made.MNIST}, Store(folder)
    store.write_study(study, data)
    for _, spec in specs(study, data, [name], [0]):
        run = store.run(spec)
        run.start(spec, {})
        run.finish(Result(Status.FAILED, 0, 0, cause=name))
    return load_results(folder)


def test_every_object_shows_itself_and_escapes_what_people_named(made, tmp_path):
    results = stored(made, tmp_path, EVIL)
    objects = [
        results,
        results[EVIL],
        results["l2"],
        results.study,
        results.comparisons(),
        results.comparisons()[0],
        results.diagnose(),
        results.remarks(),
        pb.review(results.study, out=tmp_path),
        *pb.review(results.study, out=tmp_path),
        Remark(About.VARIANT, (EVIL,), EVIL, (EVIL,)),
    ]
    for each in objects:
        told = each._repr_html_()
        assert EVIL not in told, type(each)
    assert html.escape(EVIL) in results._repr_html_()
    assert html.escape(EVIL) in results.study._repr_html_()


def test_every_result_is_one_short_line_at_the_prompt(made, tmp_path):
    results = stored(made, tmp_path, "plain")
    objects = [
        results,
        results["l2"],
        results.comparisons(),
        results.comparisons()[0],
        results.diagnose(),
        results.confirmations(),
        results.remarks(),
        *results.remarks(),
        pb.review(results.study, out=tmp_path),
    ]
    for each in objects:
        shown = repr(each)
        assert shown.startswith(f"{type(each).__name__}(")
        assert "\n" not in shown
        assert len(shown) < 100


def test_figures_show_themselves_as_pictures(made, tmp_path):
    results = stored(made, tmp_path, "plain")
    assert results["plain"].plot()._repr_png_().startswith(b"\x89PNG")
    assert results.plot("plain", "l2").axes
    with pytest.raises(pb.UsageError, match="planer"):
        results.plot("planer")


def run_through(path):
    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        cell.pop("outputs", None)
        if cell.cell_type == "code":
            cell.outputs = []
    client = NotebookClient(book, timeout=600, resources={"metadata": {"path": str(path.parent)}})
    return client.execute()


@pytest.fixture(scope="module")
def written(small_study, small_images, tmp_path_factory):
    """A small study that has run, and its notebook in its folder."""
    folder = tmp_path_factory.mktemp("notebook") / "small"
    only = ["plain", "momentum"]
    results = pb.run(small_study, only=only, data_dir=small_images, out=folder, workers=1)
    return results.report(folder / "report.ipynb")


def outputs(book, source):
    cell = next(cell for cell in book.cells if cell.source.endswith(source))
    return {kind: data for each in cell.outputs for kind, data in each.get("data", {}).items()}


def test_its_cells_run_one_after_the_other(written, small_images, monkeypatch):
    monkeypatch.setenv("PARIBUS_DATA", str(small_images))
    monkeypatch.chdir(written.parent)
    names = {}
    for cell in nbformat.read(written, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, "cell", "exec"), names)
    assert names["again"].outcome == "same-bits"
    assert names["results"].folder == Path()


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom_and_finds_the_same_bits(written, small_images, monkeypatch):
    monkeypatch.setenv("PARIBUS_DATA", str(small_images))
    book = run_through(written)
    assert "bit-identical" in outputs(book, "\nagain")["text/html"]
    assert "image/png" in outputs(book, 'results["plain"].plot()')
    assert "image/png" in outputs(book, "results.plot()")
    assert "<table>" in outputs(book, "\nstudy")["text/html"]
    trained = outputs(book, '\nresults["plain"]')["text/html"]
    assert "<progress" not in trained, "what has run is not trained again"
    errors = [each for cell in book.cells for each in cell.get("outputs", ()) if each.output_type == "error"]
    assert not errors


@pytest.mark.slow
def test_elsewhere_it_trains_anew_and_shows_how_far_it_is(written, small_images, tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_DATA", str(small_images))
    moved = tmp_path / "moved.ipynb"
    moved.write_bytes(written.read_bytes())
    book = run_through(moved)
    shown = [
        each.data["text/html"]
        for cell in book.cells
        for each in cell.get("outputs", ())
        if "<progress" in each.get("data", {}).get("text/html", "")
    ]
    assert len(shown) == 3  # two variants, and the one that is trained again
    assert "1/1" in shown[0]
    assert (tmp_path / "paribus-out" / "small" / "study.json").exists()


@pytest.mark.slow
def test_a_digest_that_is_not_the_reports_stops_it(written, small_images, tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_DATA", str(small_images))
    book = json.loads(written.read_text())
    changed = Path(written.parent, "changed.ipynb")
    for cell in book["cells"]:
        cell["source"] = [
            line.replace('"history.jsonl": "', '"history.jsonl": "0') for line in cell["source"]
        ]
    changed.write_text(json.dumps(book))
    with pytest.raises(CellExecutionError, match="other bits than reported"):
        run_through(changed)
