"""Hand-ins made for the purpose: each gets its standing and its reason, and nothing is executed."""

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import paribus as pb
from paribus.record import files, sealed
from paribus.record.run import RunSpec
from paribus.texts import language
from paribus.workflow.checking.check import check

pytestmark = pytest.mark.whole

BASE = {
    "name": "lab",
    "seeds": 3,
    "data": {"sklearn": "digits"},
    "margin": 0.02,
    "base": {
        "validation": 0.2,
        "scale": "standard",
        "model": {"hidden": [32], "output": "softmax"},
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.3},
        "batch_size": 50,
        "epochs": 4,
    },
    "variants": {"plain": {}, "slow": {"optimizer": {"name": "sgd", "learning_rate": 0.02}}},
    "questions": [{"treatment": "slow", "reference": "plain", "ask": "Does a small rate help?"}],
}
EXPECT = [
    {"verdict": "worse", "treatment": "slow", "reference": "plain", "points": 2},
    {"between": [0.85, 1.0], "variant": "plain"},
    {"finding": "underfitting", "variant": "slow"},
]
ALL = 4.0


class Maker:
    """Makes hand-ins of one honest folder, most of them less honest."""

    def __init__(self, honest, root, marker):
        self.honest, self.root, self.marker = honest, root, marker
        self.results = pb.load_results(honest)

    def copy(self, name):
        return Path(shutil.copytree(self.honest, self.root / name))

    def run(self, folder, variant="plain", seed=0):
        return folder / "runs" / self.results.records[variant, seed].folder.name

    def reseal(self, run, **changes):
        """Write the result anew with the digests of whatever now lies beside it."""
        tree = {**sealed.read(run / "result.json"), **changes}
        tree["files"] = {name: files.digest(run / name) for name in tree["files"]}
        sealed.write(run / "result.json", tree)

    def forge_history(self, run, epoch=3):
        lines = (run / "history.jsonl").read_text().splitlines()
        row = json.loads(lines[epoch - 1])
        lines[epoch - 1] = json.dumps({**row, "loss": row["loss"] / 2, "val_accuracy": 0.99})
        (run / "history.jsonl").write_text("\n".join(lines) + "\n")

    def rows(self):
        for (variant, seed), record in self.results.records.items():
            yield variant, seed, record.test_score

    def table(self, name, rows, head="variant,seed,test_accuracy"):
        lines = [head, *(head[7].join(map(str, row)) for row in rows)]
        (self.root / name).write_text("\n".join(lines) + "\n")

    def histories(self, name, change=lambda variant, rows: rows):
        folder = self.root / name
        folder.mkdir()
        for (variant, seed), record in self.results.records.items():
            rows = change(variant, [dict(row) for row in record.history])
            keys = ("loss", "accuracy", "val_loss", "val_accuracy")
            tree = {key: [row[key] for row in rows] for key in keys}
            (folder / f"{variant}_seed{seed}.json").write_text(json.dumps(tree))

    def spec(self, run, **changes):
        """Give a run another specification, in the folder of that one."""
        spec = RunSpec.model_validate_json((run / "spec.json").read_text())
        other = spec.model_copy(update=changes)
        (run / "spec.json").write_text(other.to_json() + "\n")
        run.rename(run.parent / other.digest[:16])


def made(root, honest, marker):
    """Make every hand-in in a folder."""
    maker = Maker(honest, root, marker)
    code = f"import pathlib; pathlib.Path({str(marker)!r}).write_text('executed')"
    maker.copy("right")
    maker.copy("nested/paribus-out/lab")
    maker.results.report(root / "notebook.ipynb")
    with language("vi"):
        maker.results.report(root / "vietnamese.ipynb")
    maker.forge_history(maker.run(maker.copy("edited")))
    folder = maker.copy("resealed")
    maker.forge_history(maker.run(folder))
    maker.reseal(maker.run(folder))
    folder = maker.copy("score")
    result = sealed.read(maker.run(folder) / "result.json")
    maker.reseal(maker.run(folder), test={**result["test"], "accuracy": 0.999})
    folder = maker.copy("weights")
    shutil.copy(maker.run(folder, seed=1) / "weights.safetensors", maker.run(folder))
    maker.reseal(maker.run(folder))
    folder = maker.copy("predictions")
    for name in ("predictions.safetensors", "history.jsonl", "result.json"):
        shutil.copy(maker.run(folder) / name, maker.run(folder, "slow", 1))
    folder = maker.copy("elsewhere")
    for run in (folder / "runs").iterdir():
        tree = json.loads((run / "environment.json").read_text())
        (run / "environment.json").write_text(json.dumps({**tree, "processor": "another"}))
    for seed in range(
        3
    ):  # the runs of plain are said to be those of slow, on a machine that nobody can check
        for file in maker.run(folder, "plain", seed).iterdir():
            if file.name != "spec.json":
                shutil.copy(file, maker.run(folder, "slow", seed))
    away = shutil.copytree(maker.honest, root / "other-machine")
    for run in (away / "runs").iterdir():
        tree = json.loads((run / "environment.json").read_text())
        (run / "environment.json").write_text(json.dumps({**tree, "processor": "another"}))
        rows = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
        rows = [{**row, "loss": row["loss"] * (1 + 1e-9)} for row in rows]  # as another processor rounds
        (run / "history.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        maker.reseal(run)
    folder = maker.copy("lacks-variant")
    for seed in range(3):
        shutil.rmtree(maker.run(folder, "slow", seed))
    shutil.rmtree(maker.run(maker.copy("lacks-seed"), "plain", 2))
    run = maker.run(maker.copy("truncated"))
    (run / "weights.safetensors").write_bytes((run / "weights.safetensors").read_bytes()[:100])
    folder = maker.copy("other-settings")
    run = maker.run(folder)
    spec = RunSpec.model_validate_json((run / "spec.json").read_text())
    maker.spec(run, configuration=spec.configuration.model_copy(update={"epochs": 5}))
    folder = maker.copy("other-data")
    maker.spec(maker.run(folder), data=spec.data.model_copy(update={"sha256": "0" * 64}))
    folder = maker.copy("evil-study")
    (folder / "evil.py").write_text(code + "\ndef load(): pass\n")
    evil = {**BASE, "data": {"python": str(folder / "evil.py:load")}}
    sealed.write(folder / "study.json", {"study": evil, "data": {}})
    (root / "empty").mkdir()
    book = json.loads((root / "notebook.ipynb").read_text())
    reported = f"reported = exec({code!r})"
    cell = {"cell_type": "code", "source": reported, "metadata": {}, "outputs": [], "execution_count": None}
    evil_book = {**book, "metadata": {}, "cells": [cell]}
    (root / "evil-notebook.ipynb").write_text(json.dumps(evil_book))
    old = {**book, "metadata": {}}
    (root / "old-notebook.ipynb").write_text(json.dumps(old))
    forged = json.loads(json.dumps(book))
    for run in forged["metadata"]["paribus"]["runs"]:
        run["test_accuracy"], run["files"] = 0.999, dict.fromkeys(run["files"], "0" * 64)
    (root / "forged-notebook.ipynb").write_text(json.dumps(forged))
    (root / "deep.ipynb").write_text('{"cells": ' + "[" * 50_000)
    (root / "pickle.pkl").write_bytes(b"cos\nsystem\n(S'touch " + str(marker).encode() + b"'\ntR.")
    with (root / "huge.csv").open("wb") as file:
        file.truncate(5 * 2**30)
    with (root / "large.json").open("wb") as file:
        file.truncate(65 * 2**20)
    folder = maker.copy("link")
    shutil.rmtree(folder / "runs")
    (folder / "runs").symlink_to(maker.honest / "runs")
    (root / "pipe").mkdir()
    os.mkfifo(root / "pipe" / "runs.csv")
    maker.table("table.csv", maker.rows())
    maker.table("wrong.csv", [(variant, seed, 0.2) for variant, seed, _ in maker.rows()])
    decimal = [(variant, seed, f"{score:.4f}".replace(".", ",")) for variant, seed, score in maker.rows()]
    maker.table("decimal.csv", decimal, "variant;seed;test_accuracy")
    maker.table("percent.csv", [(variant, seed, 100 * score) for variant, seed, score in maker.rows()])
    maker.table("names.csv", [("adam", seed, score) for _, seed, score in maker.rows()])
    maker.table("=cmd.csv", maker.rows())
    maker.histories("histories")
    maker.histories(
        "forged-histories", lambda variant, rows: [{**row, "val_accuracy": 0.995} for row in rows]
    )
    maker.histories("short-histories", lambda variant, rows: rows[:2])
    (root / "essay.pdf").write_bytes(b"%PDF-1.7\n")
    (root / "garbage.json").write_bytes(np.random.default_rng(0).bytes(1000))
    return maker


MADE = {
    "right": ("folder", "confirmed", ALL, ""),
    "nested": ("folder", "confirmed", ALL, ""),
    "notebook": ("notebook", "confirmed", ALL, ""),
    "vietnamese": ("notebook", "confirmed", ALL, ""),
    "old-notebook": ("notebook", "incomplete", None, "of 3 runs"),
    "evil-notebook": ("notebook", "unreadable", 0, "reports no run"),
    "forged-notebook": ("notebook", "not-reproduced", 0, "not what training gives"),
    "edited": ("folder", "damaged", None, "history.jsonl"),
    "resealed": ("folder", "not-reproduced", 1, "from epoch 3 on the loss"),
    "score": ("folder", "not-reproduced", 1, "99.90% handed in"),
    "weights": ("folder", "not-reproduced", 1, "weights or predictions"),
    "predictions": ("folder", "not-reproduced", 1, "from epoch 1 on the loss"),
    "elsewhere": ("folder", "doubtful", 1, "rarely lies so far off"),
    "other-machine": ("folder", "confirmed", ALL, "another machine"),
    "lacks-variant": ("folder", "incomplete", 1, "slow"),
    "lacks-seed": ("folder", "incomplete", None, "has 2 of 3 runs"),
    "truncated": ("folder", "damaged", None, "weights.safetensors"),
    "other-settings": ("folder", "other-settings", None, "none of the study"),
    "other-data": ("folder", "other-settings", None, "other data"),
    "evil-study": ("folder", "confirmed", ALL, ""),
    "empty": ("nothing", "unreadable", 0, "no hand-in that can be read"),
    "deep": ("notebook", "unreadable", 0, "no notebook"),
    "pickle": ("nothing", "unreadable", 0, "no hand-in that can be read"),
    "huge": ("nothing", "unreadable", 0, "GiB"),
    "large": ("table", "unreadable", 0, "64 MiB"),
    "link": ("nothing", "unreadable", 0, "is a link"),
    "pipe": ("nothing", "unreadable", 0, "no ordinary file"),
    "table": ("table", "confirmed", 3, ""),
    "wrong": ("table", "doubtful", 0, "rarely lies so far off"),
    "decimal": ("table", "confirmed", 3, ""),
    "percent": ("table", "confirmed", 3, ""),
    "names": ("table", "unreadable", 0, "adam"),
    "=cmd": ("table", "confirmed", 3, ""),
    "histories": ("history", "confirmed", 0, ""),
    "forged-histories": ("history", "doubtful", 0, "rarely lies so far off"),
    "short-histories": ("history", "contradictory", 0, "2 epochs"),
    "essay": ("nothing", "unreadable", 0, "no hand-in that can be read"),
    "garbage": ("table", "unreadable", 0, "garbage.json"),
}
"""Each hand-in: its kind, its standing, its points where they are certain, and a part of its reason."""


@pytest.fixture(scope="module")
def honest(in_this_process, tmp_path_factory):
    """An honest student's folder."""
    folder = tmp_path_factory.mktemp("honest") / "lab"
    pb.run(pb.load(BASE), out=folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def marker(tmp_path_factory):
    """A file that only code of a hand-in would write."""
    return tmp_path_factory.mktemp("marker") / "executed"


@pytest.fixture(scope="module")
def checked(honest, marker, tmp_path_factory):
    """All of them, checked at once."""
    root = tmp_path_factory.mktemp("hand-ins")
    made(root, honest, marker)
    out = tmp_path_factory.mktemp("grades") / "lab"
    return check(root, {**BASE, "expect": EXPECT}, rerun=None, workers=2, out=out)


@pytest.fixture(scope="module")
def by_name(checked):
    """Each hand-in, graded, by its name."""
    return {each.student: each for each in checked}


def test_each_hand_in_is_one_of_those_described(by_name):
    assert sorted(by_name) == sorted(MADE)


@pytest.mark.parametrize("name", MADE)
def test_a_hand_in_gets_its_standing_its_points_and_the_reason(by_name, name):
    kind, standing, points, reason = MADE[name]
    found = by_name[name]
    assert (found.submission.kind, found.standing.value) == (kind, standing), (found.notes, found.items)
    assert points in (None, found.points), found.items
    said = " ".join((*found.notes, *(item.reason for item in found.items)))
    assert reason in said


def test_nothing_of_any_hand_in_was_executed(checked, marker):
    assert len(checked) == len(MADE)
    assert not marker.exists()


def test_what_rests_on_a_forged_run_gets_no_points_and_says_why(by_name):
    items = by_name["resealed"].items
    assert [item.mark.value for item in items] == ["not-believed", "not-believed", "right"]
    assert "from epoch 3 on" in items[0].reason


def test_the_table_has_a_row_for_each_and_no_cell_is_a_formula(checked):
    with (checked.folder / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(MADE)
    right = next(row for row in rows if row["student"] == "right")
    assert (right["points"], right["of"], right["compared"], right["repeated"]) == ("4.0", "4.0", "6", "6")
    assert right["mark_1"] == "right"
    assert not any(str(cell).startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_each_has_a_page_that_runs_nothing(checked):
    pages = list(checked.folder.glob("*.html"))
    assert len(pages) == len(MADE)
    page = (checked.folder / "resealed.html").read_text(encoding="utf-8")
    assert "from epoch 3 on the loss" in page
    assert "script-src &#39;none&#39;" in page
    assert "<script" not in page


def test_the_class_is_trained_once(checked):
    kept = list((checked.folder / "trained-again").rglob("result.json"))
    assert len(kept) == 6 + 2 * 8  # six runs as they were trained, and eight of each for the intervals


def test_hand_ins_are_left_as_they_were(honest, tmp_path):
    copy = Path(shutil.copytree(honest, tmp_path / "copy"))
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    check(copy, {**BASE, "expect": EXPECT}, rerun=0, workers=1, out=tmp_path / "out")
    assert before == {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}


def test_without_training_nothing_is_said_to_be_confirmed(honest, tmp_path):
    with language("vi"):
        (found,) = check(honest, {**BASE, "expect": EXPECT}, rerun=0, workers=1, out=tmp_path / "out")
        assert found.reason.startswith("Bài nộp có đủ")
    assert (found.standing.value, found.points, found.compared) == ("unchecked", ALL, 0)


def test_the_first_epochs_alone_find_what_was_forged_in_them(honest, tmp_path):
    maker = Maker(honest, tmp_path / "hand-ins", None)
    maker.root.mkdir()
    for name, epoch in (("early", 2), ("late", 4)):
        folder = maker.copy(name)
        maker.forge_history(maker.run(folder), epoch)
        maker.reseal(maker.run(folder))
    early, late = check(maker.root, BASE, rerun=None, epochs=2, workers=1, out=tmp_path / "out")
    assert early.standing.value == "not-reproduced"
    assert "from epoch 2 on the loss" in early.reason
    assert (late.standing.value, late.repeated) == ("confirmed", 6)
