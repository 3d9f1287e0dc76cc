"""Examples of several inputs: read from wherever they may lie, and refused in one message each."""

import numpy as np
import pytest

import paribus as pb
from paribus.data.own import inputs as own_inputs
from paribus.data.own.load import load
from paribus.errors import DataError
from paribus.study.datasets import Input
from paribus.study.source import Source

DRAW = np.random.default_rng(0)
IMAGES = DRAW.integers(0, 256, (40, 4, 5)).astype(np.uint8)
AGES, Y = DRAW.normal(50, 20, 40), np.arange(40) % 2
X = {"image": IMAGES, "age": AGES}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))


def dataset_of(data):
    return load(Source(way="arrays", place=data.as_source()["arrays"], name="data"))[0]


def rows(images, ages):
    """Rows of numbers by hand: an image's pixels, then the age."""
    return np.column_stack([images.reshape(len(images), -1), ages]).astype(np.float32)


def part(where, **arrays):
    return {name: array[where] for name, array in arrays.items()}


TRAIN, VAL, TEST = slice(0, 20), slice(20, 30), slice(30, 40)


def test_an_example_is_a_row_in_which_the_inputs_follow_each_other():
    data = pb.Data(train=(X, Y), test=(part(TEST, **X), Y[TEST]))
    dataset, facts = dataset_of(data), data.facts
    np.testing.assert_array_equal(dataset.x_train, rows(IMAGES, AGES))
    np.testing.assert_array_equal(dataset.x_test, rows(IMAGES[TEST], AGES[TEST]))
    assert facts.inputs == (
        Input(name="image", shape=(4, 5, 1), values="pixels"),
        Input(name="age", shape=(1,)),
    )
    assert (facts.shape, facts.values) == ((21,), "numbers")


def saved(folder, **arrays):
    np.savez(folder / "flowers.npz", **arrays)
    return str(folder / "flowers.npz")


def test_an_archive_names_the_array_of_each_input(tmp_path):
    place = saved(tmp_path, x_image=IMAGES, x_age=AGES, y=Y)
    source = Source(way="npz", place=place, name="f", inputs={"image": "x_image", "age": "x_age"})
    found, facts = load(source)
    assert [each.name for each in facts.inputs] == ["image", "age"]
    both = np.concatenate([found.x_train, found.x_test])
    assert sorted(both[:, 20].tolist()) == sorted(AGES.astype(np.float32).tolist())


def test_its_arrays_may_end_in_train_val_and_test(tmp_path):
    arrays = {
        f"{name}_{ending}": array[where]
        for ending, where in (("train", TRAIN), ("val", VAL), ("test", TEST))
        for name, array in (("image", IMAGES), ("age", AGES), ("y", Y))
    }
    source = Source(
        way="npz", place=saved(tmp_path, **arrays), name="f", inputs={"image": "image", "age": "age"}
    )
    found, facts = load(source)
    np.testing.assert_array_equal(found.x_train, rows(IMAGES[:30], AGES[:30]))
    np.testing.assert_array_equal(found.x_test, rows(IMAGES[TEST], AGES[TEST]))
    assert facts.validation == 10


def test_a_function_returns_inputs_by_name(tmp_path):
    code = """
import numpy as np

def load():
    draw = np.random.default_rng(1)
    x = {"image": draw.integers(0, 256, (30, 4, 4)).astype(np.uint8), "words": draw.integers(0, 9, (30, 3))}
    return (x, np.arange(30) % 3), ({name: each[:6] for name, each in x.items()}, np.arange(6) % 3)
"""
    (tmp_path / "mine.py").write_text(code)
    found, facts = load(
        Source(way="python", place=f"{tmp_path / 'mine.py'}:load", name="m", tokens=("words",))
    )
    assert [(each.name, each.values, each.vocabulary) for each in facts.inputs] == [
        ("image", "pixels", 0),
        ("words", "tokens", 9),
    ]
    np.testing.assert_array_equal(found.x_train[:6], found.x_test)


@pytest.mark.parametrize("size", [1, 8], ids=["examples", "batches"])
def test_loaders_yield_inputs_by_name(size):
    class Loader:
        def __iter__(self):
            for start in range(0, 40, size):
                each = slice(start, start + size) if size > 1 else start
                yield {name: array[each] for name, array in X.items()}, Y[each]

    data = pb.Data(train=Loader(), test=(X, Y))
    np.testing.assert_array_equal(dataset_of(data).x_train, rows(IMAGES, AGES))


def test_large_arrays_are_joined_in_a_file_to_the_same_rows(monkeypatch):
    in_memory = dataset_of(pb.Data(X, Y))
    monkeypatch.setattr(own_inputs, "is_large", lambda shape, dtype: True)
    in_a_file = dataset_of(pb.Data(X, Y))
    np.testing.assert_array_equal(in_a_file.x_train, in_memory.x_train)
    assert in_a_file.sha256 == in_memory.sha256


def digest(x):
    return pb.Data(x, Y).as_source()["arrays"]


def test_the_digest_is_that_of_names_shapes_and_bytes():
    whole = digest(X)
    assert digest({"image": IMAGES.copy(), "age": AGES.copy()}) == whole
    changed = AGES.copy()
    changed[3] += 1
    others = [
        digest({"picture": IMAGES, "age": AGES}),
        digest({"image": IMAGES.reshape(40, 5, 4), "age": AGES}),
        digest({"image": IMAGES.astype(np.float32)[..., None], "age": AGES}),
        digest({"image": IMAGES, "age": changed}),
    ]
    assert len({whole, *others}) == 5


def test_data_of_one_input_keep_the_identity_that_they_had():
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    data = pb.Data(x, np.arange(20) % 2, name="old")
    known = "faeeea0f03f0622f351d0a22a2642eeb"  # from before there were several
    assert "inputs" not in data.facts.model_dump()
    assert data.as_source()["arrays"].startswith(known)


def test_tokens_stay_exact_up_to_what_float32_has():
    x = {"words": np.full((40, 2), 2**24), "age": AGES}
    x["words"][0] = [2**24 - 1, 7]
    data = pb.Data(train=(x, Y), test=(x, Y), tokens=["words"])
    assert dataset_of(data).x_train[0, :2].tolist() == [2**24 - 1, 7]
    assert data.facts.inputs[0].vocabulary == 2**24 + 1
    x["words"][5] = 2**24 + 1
    with pytest.raises(DataError, match=r"\(words\): The largest token is 16,777,217"):
        pb.Data(x, Y, tokens=["words"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": {"image": IMAGES, "age": AGES[:39]}}, "different numbers of rows: image 40, age 39"),
        ({"x": {"image": IMAGES, "the age": AGES}}, "'the age' cannot name an input"),
        ({"x": {}}, "cannot name an input"),
        ({"test": ({"image": IMAGES, "agee": AGES}, Y)}, "test data are image, agee; those of the training"),
        ({"test": (IMAGES, Y)}, r"give test data by the same names"),
        ({"test": ({"image": IMAGES[:, :3], "age": AGES}, Y)}, r"\(image\): Training inputs have the shape"),
        ({"tokens": ["agee"]}, "tokens names agee, which is no input. Known: image, age. Did you mean 'age'"),
        ({"tokens": True}, "of several inputs name those that are tokens"),
        ({"x": {"image": IMAGES, "age": np.array(["old"] * 40)}}, r"\(age\): "),
        ({"x": {"image": IMAGES, "age": np.full(40, np.inf)}}, r"\(age\): "),
    ],
)
def test_what_does_not_fit_is_told_with_the_input(given, message):
    with pytest.raises(DataError, match=message):
        pb.Data(**{"x": X, "y": Y, **given})


def test_tokens_are_named_of_several_inputs_alone():
    with pytest.raises(DataError, match="with tokens=True"):
        pb.Data(np.zeros((40, 2), int), Y, tokens=["words"])


def test_tokens_are_for_archives_of_several_inputs(tmp_path):
    place = saved(tmp_path, x=np.zeros((40, 2), int), y=Y)
    with pytest.raises(DataError, match="tokens=words does not fit"):
        load(Source(way="npz", place=place, name="f", tokens=("words",)))


def test_an_archive_that_has_an_x_as_well_is_read_as_it_is_told(tmp_path):
    place = saved(tmp_path, x=AGES, x_image=IMAGES, y=Y)
    _, facts = load(Source(way="npz", place=place, name="f", inputs={"image": "x_image", "age": "x"}))
    assert [each.name for each in facts.inputs] == ["image", "age"]
    with pytest.raises(DataError, match="no array picture"):
        load(Source(way="npz", place=place, name="g", inputs={"image": "picture"}))


def test_an_array_that_is_missing_is_told_with_the_one_that_was_meant(tmp_path):
    place = saved(tmp_path, x_image=IMAGES, x_age=AGES, y=Y)
    with pytest.raises(DataError, match=r"no array x_agee.*Did you mean 'x_age'"):
        load(Source(way="npz", place=place, name="f", inputs={"image": "x_image", "age": "x_agee"}))
