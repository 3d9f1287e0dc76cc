"""What is tried of each case, and what must never come of it."""

from __future__ import annotations

import csv
import io
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image
from tests.conftest import MNIST, made_history, made_study
from tests.fuzz.grammar import changed, written

from paribus.errors import ParibusError
from paribus.record.folder import Timing, Trained
from paribus.record.run import Result, Status
from paribus.record.store import LastRequest, Store, specs


def said(error: ParibusError) -> None:
    """Fail where a refusal says nothing."""
    assert str(error).strip(), "nothing is said"


def try_study(draw: Random, folder: Path) -> str:
    """Read a study; where it is one, it survives JSON, and its review says what it says."""
    from paribus.study.reader import load
    from paribus.study.study import Study
    from paribus.workflow.review import review

    file = folder / "fuzzed.yaml"
    file.write_bytes(written(draw))
    try:
        found = load(file)
    except ParibusError as error:
        said(error)
        return "refused"
    assert Study.model_validate_json(found.model_dump_json()) == found, "it does not survive JSON"
    assert {path.name for path in folder.iterdir()} == {file.name}, "it wrote a file"
    if draw.random() < 0.3:
        try:
            str(review(found))
        except ParibusError as error:
            said(error)
    return "read"


def try_data(draw: Random, folder: Path) -> str:
    """Read data; numbers of an undamaged table are those that were written."""
    from paribus.data.own.load import load
    from paribus.study.source import Source

    way, place, kept, options = draw.choice([_table, _table, _arrays, _arrays, _images, _sequences])(
        draw, folder
    )
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    try:
        dataset, facts = load(Source(way=way, place=str(place), name="fuzzed", **options))
    except ParibusError as error:
        said(error)
        return "refused"
    assert len(dataset.x_train) == facts.train, "examples are miscounted"
    assert len(dataset.x_train) == len(dataset.y_train), "labels are miscounted"
    if kept is not None:
        both = np.concatenate([dataset.x_train, dataset.x_test]).reshape(len(kept), -1)
        assert sorted(both[:, 0].tolist()) == sorted(np.float32(kept).tolist()), "numbers are others"
    now = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert now == before, "it wrote a file"
    return "read"


def _table(draw: Random, folder: Path) -> tuple[str, Path, list[float] | None, dict[str, Any]]:
    rows = draw.choice([0, 1, 5, 20, 80, 80, 200])
    numbers = [round(draw.gauss(0, 10), 3) for _ in range(rows)]
    cells = ["", "NA", "nan", "inf", "1,5", "x", "\u00e9", "1e400", "-0", " 7 ", "2020-01-01", '"', "=1"]
    is_clean = draw.random() < 0.6
    text = io.StringIO()
    writer = csv.writer(text, delimiter=draw.choice([",", ",", ";", "\t"]))
    writer.writerow(["a", "b", "y"])
    for place, number in enumerate(numbers):
        b = draw.choice(cells) if not is_clean and draw.random() < 0.3 else draw.choice(["u", "v"])
        y = draw.choice(cells) if not is_clean and draw.random() < 0.1 else place % 3
        writer.writerow([number, b, y][: draw.choice([3, 3, 3, 3, 2]) if not is_clean else 3])
    content = text.getvalue().encode(draw.choice(["utf-8", "utf-8-sig", "utf-16", "latin-1"]), "replace")
    damaged = draw.random() < 0.4 and not is_clean
    path = folder / "fuzzed.csv"
    path.write_bytes(changed(draw, content) if damaged else content)
    kept = numbers if is_clean and len(set(numbers)) == rows else None
    return "csv", path, kept, {"target": ("y" if draw.random() < 0.95 else "z",)}


def _arrays(draw: Random, folder: Path) -> tuple[str, Path, list[float] | None, dict[str, Any]]:
    rows, rng = draw.choice([0, 1, 10, 60, 60]), np.random.default_rng(draw.randrange(2**32))
    shape = draw.choice([(rows, 3), (rows, 3), (rows, 4, 4), (rows, 4, 4, 3), (rows,), ()])
    kind = draw.choice(["float32", "float64", "int64", "uint8", "bool", "complex64", "U3"])
    x = (rng.normal(size=shape) * 10).astype(kind)
    if kind.startswith("float") and x.size and draw.random() < 0.3:
        x.flat[0] = draw.choice([np.nan, np.inf, 1e30])
    labels = draw.choice([np.arange(rows) % 3, rng.normal(size=rows), np.zeros(rows), np.arange(rows + 1)])
    names = draw.choice([*[("x", "y")] * 6, ("x_train", "y_train"), ("a", "b")])
    path, content = folder / "fuzzed.npz", io.BytesIO()
    np.savez(content, **dict(zip(names, (x, labels), strict=True)))
    data = content.getvalue()
    path.write_bytes(changed(draw, data) if draw.random() < 0.3 else data)
    return "npz", path, None, {}


def _images(draw: Random, folder: Path) -> tuple[str, Path, list[float] | None, dict[str, Any]]:
    root = folder / "images"
    for label in ("cat", "dog", draw.choice([".", "cat"])):
        (root / label).mkdir(parents=True, exist_ok=True)
        for place in range(draw.choice([0, 1, 3, 6])):
            size = draw.choice([(1, 1), (5, 7), (8, 8), (300, 2)])
            picture, content = Image.new(draw.choice(["L", "RGB", "RGBA", "P", "I;16"]), size), io.BytesIO()
            ending = draw.choice(["png", "png", "png", "tiff"])
            picture.save(content, ending)
            data = content.getvalue()
            data = changed(draw, data) if draw.random() < 0.3 else data
            (root / label / f"{place}.{draw.choice([ending, ending, 'jpg'])}").write_bytes(data)
    return "images", root, None, draw.choice([{}, {"size": (8, 8)}, {"size": (8, 8)}])


def _sequences(draw: Random, folder: Path) -> tuple[str, Path, list[float] | None, dict[str, Any]]:
    rows = draw.choice([0, 1, 30, 60])
    rows_of_tokens = [[draw.randrange(9) for _ in range(draw.randrange(1, 6))] for _ in range(rows)]
    x = np.zeros((rows, 5), np.int32)
    for place, tokens in enumerate(rows_of_tokens):
        x[place, : len(tokens)] = tokens
    y = draw.choice([np.arange(rows) % 3, np.arange(rows) % 2, np.linspace(0, 1, rows)])
    content = io.BytesIO()
    np.savez(content, x=x if draw.random() < 0.9 else -x, y=y)
    data = content.getvalue()
    path = folder / "fuzzed.npz"
    path.write_bytes(changed(draw, data) if draw.random() < 0.3 else data)
    return "sequences", path, None, {}


@cache
def sound_folder(folder: Path) -> dict[str, tuple[Status, list[Any], Any]]:
    """Write a study's folder with two ended runs and one going on; return what is to be read of each."""
    study, data = made_study(("plain", "l2")), {"mnist": MNIST}
    store = Store(folder)
    store.write_study(study, data)
    for name, spec in specs(study, data, study.variants, [0, 1]):
        run = store.run(spec)
        run.start(spec, {"versions": {}, "flags": {}})
        for row in made_history(3):
            run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
        if (name, spec.seed) != ("l2", 1):
            outputs, labels = np.eye(10, dtype=np.float32), np.arange(10, dtype=np.uint8)
            trained = Trained({"output/kernel": np.zeros(3, np.float32)}, outputs, labels)
            test = {"accuracy": 1.0, "loss": 0.1, "data_loss": 0.1}
            run.finish(Result(Status.FINISHED, 3, 3, test), trained)
    store.write_last_request(LastRequest({"plain": (0, 1), "l2": (0, 1)}, 1))
    store.write_aa_test("plain", 2)
    store.record_look({"plain": range(2), "l2": range(2)})
    store.seal_looks()
    return read_folder(folder)


def read_folder(folder: Path) -> dict[str, tuple[Status, list[Any], Any]]:
    """Read what a folder says of each run: its end, its epochs and what was tested."""
    from paribus.workflow.results import load_results

    results = load_results(folder)
    for read in (lambda: results.rows, results.comparisons, results.diagnose, results.aa_test):
        read()
    return {
        f"{name} {seed}": (
            run.status,
            [dict(row) for row in run.history],
            run.result and dict(run.result.test),
        )
        for (name, seed), run in results.records.items()
    }


def try_folder(draw: Random, folder: Path) -> str:
    """Damage a study's folder; an ended run is then read as it was, or not as ended."""
    from paribus.workflow.doctor import examine_folder

    sound = folder.parent / "sound"
    expected = sound_folder(sound)
    own = folder / "study"
    shutil.copytree(sound, own)
    files = sorted(path for path in own.rglob("*") if path.is_file())
    for _ in range(draw.choice([1, 1, 2, 4])):
        _damage(draw, draw.choice(files), files)
    before = {path.name for path in folder.parent.iterdir()}
    try:
        found = read_folder(own)
        outcome = "read"
    except ParibusError as error:
        said(error)
        found, outcome = {}, "refused"
    for name, run in found.items():
        is_ended = run[0] in (Status.FINISHED, Status.EARLY_STOPPED)
        assert not is_ended or run == expected[name], f"{name} is read as {run}"
    with suppress(ParibusError):
        list(examine_folder(own))
    assert {path.name for path in folder.parent.iterdir()} == before, "a file lies outside"
    assert {path.name for path in folder.iterdir()} == {"study"}, "a file lies outside"
    return outcome


def _damage(draw: Random, path: Path, files: list[Path]) -> None:
    if not path.is_file():
        return
    kind = draw.randrange(8)
    if kind < 4:
        path.write_bytes(changed(draw, path.read_bytes()))
    elif kind == 4:
        other = draw.choice(files)
        path.write_bytes(other.read_bytes() if other.is_file() else b"")
    elif kind == 5:
        path.unlink()
    elif kind == 6:
        path.unlink()
        path.mkdir()
    else:
        path.unlink()
        path.symlink_to(draw.choice(files))


CHECKS = {"studies": try_study, "data": try_data, "folders": try_folder}
