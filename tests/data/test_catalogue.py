"""The catalogue is complete and agrees with what others publish."""

import importlib.util
import re
from pathlib import Path

import pytest

from paribus.data.catalogue import CATALOGUE, entry
from paribus.study.datasets import IMAGE_SETS

FILES = [file for one in CATALOGUE.values() for files in one.downloads for file in files]


def test_every_image_set_that_a_study_may_name_is_there():
    assert {name: one.images for name, one in CATALOGUE.items()} == IMAGE_SETS
    assert all(one is entry(name) for name, one in CATALOGUE.items())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.sha256[:8] + file.name)
def test_every_file_has_its_checksums_and_more_than_one_mirror(file):
    assert re.fullmatch("[0-9a-f]{64}", file.sha256)
    assert re.fullmatch("[0-9a-f]{32}", file.md5)
    assert len(set(file.mirrors)) > 1
    assert all(mirror.endswith("/") for mirror in file.mirrors)


def test_no_two_files_share_a_checksum():
    assert len({file.sha256 for file in FILES}) == len({file.md5 for file in FILES}) == len(FILES)


def test_what_is_downloaded_is_a_layout_that_can_be_read():
    for one in CATALOGUE.values():
        for files in one.downloads:
            names = {file.name for file in files}
            assert any(all(names & set(choices) for choices in layout.files) for layout in one.layouts)


def test_mnists_archive_is_the_one_that_keras_loads():
    keras = importlib.util.find_spec("keras").submodule_search_locations[0]
    source = (Path(keras) / "src" / "datasets" / "mnist.py").read_text()
    (archive,) = CATALOGUE["mnist"].downloads[0]
    assert archive.sha256 in source
    assert archive.mirrors[0].rstrip("/") in source


def test_every_set_can_be_verified():
    assert CATALOGUE["mnist"].sha256 == "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
    assert re.fullmatch("[0-9a-f]{64}", CATALOGUE["fashion_mnist"].sha256)
    assert len(set(CATALOGUE["cifar10"].md5)) == 6
