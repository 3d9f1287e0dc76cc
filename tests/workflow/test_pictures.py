"""The test images of a report: the very ones of its runs, or none."""

import re

import numpy as np
import pandas as pd
import pytest

import paribus as pb
from paribus.data.decoded import cache_images
from paribus.data.own.load import load
from paribus.data.source import find
from paribus.record.run import DataUsed
from paribus.study.source import Source
from paribus.workflow.pictures import pictures


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARIBUS_DATA", raising=False)


@pytest.fixture
def images(small_images):
    return find("mnist", data_dir=small_images)


def used(dataset, **fields):
    return DataUsed(
        **{
            "name": dataset.name,
            "sha256": dataset.sha256,
            "verified": dataset.verified,
            "stand_in": dataset.stand_in,
            "train": len(dataset.x_train),
            "test": len(dataset.x_test),
            **fields,
        }
    )


def test_they_are_those_that_the_last_run_left_decoded(images):
    cache_images(images)
    found = pictures(used(images))
    assert np.array_equal(found.images, images.x_test)
    assert found.classes == images.classes


def test_they_are_found_where_runs_find_them(images, small_images, monkeypatch):
    monkeypatch.setenv("PARIBUS_DATA", str(small_images))
    assert np.array_equal(pictures(used(images)).images, images.x_test)


def test_images_with_another_digest_are_not_shown(images, small_images, monkeypatch):
    monkeypatch.setenv("PARIBUS_DATA", str(small_images))
    assert pictures(used(images, sha256="06" * 32)).images is None


def test_images_that_are_nowhere_are_missed_without_a_download(images):
    found = pictures(used(images))
    assert found.images is None
    assert found.classes == tuple("0123456789")


def test_stand_ins_have_classes_of_their_own():
    stand_in = find("cifar10", embedded=True)
    found = pictures(used(stand_in))
    assert np.array_equal(found.images, stand_in.x_test)
    assert found.classes == stand_in.classes
    assert "astronaut" in found.classes


@pytest.mark.parametrize("given", ["id", "index"])
def test_test_rows_of_a_table_are_known_by_their_row_and_what_the_user_calls_them(given):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=30), "y": draw.normal(size=30)})
    called = [f"p{place}" for place in range(30)]
    frame = frame.assign(case=called) if given == "id" else frame.set_index([called])
    data = pb.Data.from_frame(frame, "y", id="case" if given == "id" else None)
    dataset, facts = load(Source(way="arrays", place=data.as_source()["arrays"], name="data"))
    found = pictures(used(dataset), facts)
    assert len(found.places) == len(dataset.x_test) == 6
    assert found.ids == tuple(f"p{place - 1}" for place in found.places)
    assert np.array_equal(frame["x"].to_numpy(np.float32)[np.array(found.places) - 1], dataset.x_test[:, 0])


def test_the_largest_errors_name_the_row_and_its_id(in_this_process, tmp_path):
    draw = np.random.default_rng(0)
    x = draw.normal(size=30)
    frame = pd.DataFrame({"x": x, "y": x + 0.1, "case": [f"p{place}" for place in range(30)]})
    study = {
        "name": "named",
        "data": pb.Data.from_frame(frame, "y", id="case"),
        "base": {
            "model": {"hidden": [4], "output": "linear"},
            "loss": "mean_squared_error",
            "optimizer": {"name": "adam", "learning_rate": 0.1},
            "batch_size": 8,
            "epochs": 3,
        },
        "variants": {"plain": {}},
    }
    page = pb.run(study, seeds=1, workers=1, out=tmp_path / "out").report(tmp_path / "r.html").read_text()
    assert re.search(r"data row</.*?id</.*?<td[^>]*>\d+</td>\s*<td[^>]*>p\d+</td>", page, re.DOTALL)
