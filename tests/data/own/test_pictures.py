"""Folders of images as people have them: of many modes and sizes, with strangers among them."""

import numpy as np
import pytest
from PIL import Image

from paribus.data.own.load import load
from paribus.errors import DataError
from paribus.study.source import Source

SIZE = (6, 4)


@pytest.fixture
def folder(tmp_path):
    def save(name, image):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(path)
        return path

    draw = np.random.default_rng(0)
    for place in range(5):
        for animal in ("cat", "dog"):
            save(f"{animal}/{place}.png", draw.integers(0, 256, (8, 10, 3), np.uint8))
    save.path = tmp_path / "photos"
    return save


def read(path, size=SIZE, **options):
    return load(Source(way="images", place=str(path), name="photos", size=size, **options))


def test_a_folder_is_a_class_and_all_images_have_one_size(folder):
    dataset, facts = read(folder.path)
    assert (facts.classes, facts.shape, facts.values) == (("cat", "dog"), (6, 4, 3), "pixels")
    assert dataset.x_train.dtype == np.uint8
    assert (facts.train, facts.test) == (8, 2)


def test_files_that_are_no_images_are_passed_over(folder):
    for name in ("Thumbs.db", "cat/.DS_Store", "cat/notes.txt", "desktop.ini"):
        (folder.path / name).write_bytes(b"no image")
    assert read(folder.path)[1].train == 8


@pytest.mark.parametrize("name", ["validation", "val"])
def test_a_folder_of_validation_images_is_read_beside_those_of_training(folder, name):
    for part in ("train", "test", name):
        for animal in ("cat", "dog"):
            for place in range({"train": 5, "test": 2}.get(part, 3)):
                folder(f"apart/{part}/{animal}/{place}.png", np.full((8, 8, 3), place, np.uint8))
    facts = read(folder.path / "apart")[1]
    assert (facts.train, facts.validation, facts.test) == (16, 6, 4)


def test_two_folders_of_validation_images_are_told(folder):
    for part in ("train", "validation", "val"):
        for animal in ("cat", "dog"):
            folder(f"apart/{part}/{animal}/0.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DataError, match="validation, val"):
        read(folder.path / "apart")


def test_a_broken_image_is_named(folder):
    (folder.path / "cat" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    with pytest.raises(DataError, match=r"broken\.jpg"):
        read(folder.path)


def test_a_truncated_image_is_named(folder):
    path = folder("cat/whole.png", np.zeros((50, 50, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"whole\.png"):
        read(folder.path)


def test_all_grey_images_have_one_channel(tmp_path, folder):
    for place in range(3):
        for name in ("up", "down"):
            (tmp_path / "grey" / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((5, 5), 40, np.uint8)).save(tmp_path / "grey" / name / f"{place}.png")
    assert read(tmp_path / "grey")[1].shape == (6, 4, 1)


def test_grey_among_coloured_images_gets_three_channels(folder):
    folder("cat/grey.png", np.full((5, 5), 40, np.uint8))
    assert read(folder.path)[1].shape[-1] == 3


def test_transparent_parts_are_white(folder):
    folder("cat/clear.png", np.zeros((6, 4, 4), np.uint8))
    dataset, _ = read(folder.path)
    both = np.concatenate([dataset.x_train, dataset.x_test])
    assert (both.reshape(len(both), -1) == 255).all(axis=1).sum() == 1


def test_a_palette_and_sixteen_bits_are_read(folder):
    folder("cat/palette.gif", Image.fromarray(np.full((6, 4, 3), 9, np.uint8)).quantize(4))
    folder("dog/deep.png", np.full((6, 4), 65_535, np.uint16))
    dataset, _ = read(folder.path)
    both = np.concatenate([dataset.x_train, dataset.x_test]).reshape(12, -1)
    assert (both == 255).all(axis=1).any()
    assert (both == 9).all(axis=1).any()


def test_a_camera_that_was_turned_is_turned_back(folder):
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    path = folder.path / "cat" / "turned.png"
    Image.fromarray(pixels).save(path, exif=exif)
    dataset, _ = read(folder.path)
    both = np.concatenate([dataset.x_train, dataset.x_test])
    assert any((each[:, -1] == 255).all() and (each[:, 0] == 0).all() for each in both)


def test_train_and_test_folders_are_kept_apart(tmp_path, folder):
    folder.path.rename(tmp_path / "train")
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "train").rename(root / "train")
    for name in ("cat", "dog"):
        (root / "test" / name).mkdir(parents=True)
        Image.fromarray(np.full((6, 4, 3), 7, np.uint8)).save(root / "test" / name / "one.png")
    dataset, facts = read(root)
    assert (facts.train, facts.test) == (10, 2)
    assert (dataset.x_test == 7).all()


def test_a_test_folder_without_images_is_refused(tmp_path, folder):
    root = tmp_path / "root"
    (root / "test" / "cat").mkdir(parents=True)
    folder.path.rename(root / "train")
    with pytest.raises(DataError, match="in train and in test as well"):
        read(root)


@pytest.mark.parametrize(("size", "told"), [(None, r"size: \[64, 64\]"), (SIZE, "At least two")])
def test_a_folder_without_a_size_or_without_classes_is_refused(tmp_path, size, told):
    (tmp_path / "empty" / "cat").mkdir(parents=True)
    with pytest.raises(DataError, match=told):
        read(tmp_path / "empty", size)


def test_an_image_that_changes_makes_another_data_set(folder):
    before = read(folder.path)[0].sha256
    folder("cat/0.png", np.zeros((8, 10, 3), np.uint8))
    assert read(folder.path)[0].sha256 != before


def test_images_that_cannot_be_read_are_told_in_one_message(folder):
    for name in ("cat/1.png", "dog/3.png"):
        (folder.path / name).write_bytes(b"no image")
    with pytest.raises(DataError, match=r"cannot be read: 2 \(cat/1.png, dog/3.png\)"):
        read(folder.path)


def test_a_test_image_is_named_by_its_file(folder):
    names = read(folder.path)[0].names
    assert len(names.ids) == 2
    assert all((folder.path / name).is_file() for name in names.ids)
