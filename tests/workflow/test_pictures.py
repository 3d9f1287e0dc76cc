"""The test images of a report: the very ones of its runs, or none."""

import numpy as np
import pytest

from paribus.data.decoded import cache_images
from paribus.data.source import find
from paribus.record.run import DataUsed
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
