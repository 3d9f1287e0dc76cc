"""A data set found in a folder, in whichever layout, and recognised."""

from dataclasses import replace

import numpy as np
import pytest

from paribus.data.catalogue import CATALOGUE
from paribus.data.dataset import identity
from paribus.data.folder import find_files, read
from paribus.errors import DataError


@pytest.fixture
def arrays(tiny):
    return tiny.arrays(tiny.GREY)


@pytest.fixture
def entry(tiny, arrays):
    return tiny.entry(tiny.GREY, arrays)


@pytest.mark.parametrize("place", [".", "tiny", "TINY/raw"])
@pytest.mark.parametrize("layout", ["npz", "idx", "idx.gz"])
def test_every_layout_is_found_wherever_it_usually_lies(
    tmp_path, tiny, entry, arrays, assert_same, place, layout
):
    if layout == "npz":
        tiny.write_npz(tmp_path / place / "tiny.npz", arrays)
    else:
        tiny.write_idx(tmp_path / place, arrays, compress=layout == "idx.gz")
    dataset = read(entry, find_files(entry, tmp_path))
    assert_same((dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test), arrays)
    assert dataset.verified
    assert not dataset.stand_in
    assert dataset.sha256 == identity(*arrays[:4])
    assert dataset.origin == str((tmp_path / place / "tiny.npz") if layout == "npz" else tmp_path / place)


@pytest.mark.parametrize("layout", ["folder", "inside the folder", "archive"])
def test_cifar_is_verified_by_the_md5_of_its_files(tmp_path, tiny, layout):
    arrays = tiny.arrays(tiny.COLOUR)
    files = tiny.write_cifar(tmp_path, arrays)
    folder = tmp_path
    if layout == "archive":
        folder = tmp_path / "archive"
        tiny.write_cifar_tar(folder / "cifar-10-binary.tar.gz", arrays)
    elif layout == "inside the folder":
        folder = files[0].parent
    md5 = tuple(tiny.official(file).md5 for file in files)
    entry = replace(tiny.entry(tiny.COLOUR, arrays), sha256=None, md5=md5)
    assert read(entry, find_files(entry, folder)).verified
    assert not read(replace(entry, md5=md5[::-1]), find_files(entry, folder)).verified
    assert not read(replace(entry, md5=()), find_files(entry, folder)).verified


def test_other_images_are_read_but_not_verified(tmp_path, tiny, entry):
    tiny.write_npz(tmp_path / "tiny.npz", tiny.arrays(tiny.GREY, seed=1))
    assert not read(entry, find_files(entry, tmp_path)).verified


def test_images_cannot_be_changed_by_whoever_gets_them(tmp_path, tiny, entry, arrays):
    tiny.write_npz(tmp_path / "tiny.npz", arrays)
    dataset = read(entry, find_files(entry, tmp_path))
    with pytest.raises(ValueError, match="read-only"):
        dataset.x_train[0] = 0


def test_the_data_sets_own_folder_comes_before_files_at_the_top(tmp_path, tiny, entry, arrays):
    tiny.write_idx(tmp_path, tiny.arrays(tiny.GREY, seed=1))
    tiny.write_idx(tmp_path / "tiny", arrays)
    assert read(entry, find_files(entry, tmp_path)).verified


def test_an_empty_folder_has_nothing(tmp_path, entry):
    assert find_files(entry, tmp_path) is None


def test_a_set_with_files_missing_says_which(tmp_path, tiny, entry, arrays):
    files = tiny.write_idx(tmp_path, arrays, compress=True)
    files[1].unlink()
    with pytest.raises(
        DataError, match=r"incomplete. It has train-images.*lacks train-labels-idx1-ubyte\.gz"
    ):
        find_files(entry, tmp_path)
    tiny.write_npz(tmp_path / "tiny.npz", arrays)
    assert find_files(entry, tmp_path).origin.name == "tiny.npz"


def test_another_set_under_the_same_file_names_is_refused_by_its_name(tmp_path, tiny, entry):
    other_arrays = tiny.arrays(tiny.GREY, seed=1)
    other = tiny.entry(tiny.GREY, other_arrays, name="other")
    tiny.write_idx(tmp_path, other_arrays)
    with pytest.raises(DataError, match="should be Tiny, but it is Other"):
        read(entry, find_files(entry, tmp_path), others=[entry, other])
    assert read(other, find_files(other, tmp_path), others=[entry, other]).verified


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("mnist", "MNIST/raw"),
        ("mnist", "mnist"),
        ("fashion_mnist", "FashionMNIST/raw"),
        ("fashion_mnist", "fashion-mnist"),
    ],
)
def test_the_folders_of_torchvision_and_debian_are_known(tmp_path, tiny, name, folder):
    images = CATALOGUE[name].images.model_copy(update={"train": 3, "test": 2})
    tiny.write_idx(tmp_path / folder, tiny.arrays(images), compress=True)
    dataset = read(CATALOGUE[name], find_files(CATALOGUE[name], tmp_path))
    assert dataset.x_train.shape == (3, 28, 28, 1)
    assert not dataset.verified
    others = set(CATALOGUE) - {name}
    assert [find_files(CATALOGUE[other], tmp_path) for other in others] == [None, None]


def test_arrays_of_the_wrong_shape_name_the_file(tmp_path, tiny, entry):
    np.savez(tmp_path / "tiny.npz", x_train=1, y_train=1, x_test=1, y_test=1)
    with pytest.raises(DataError, match=r"tiny\.npz"):
        read(entry, find_files(entry, tmp_path))
