"""Arrays, sequences and functions: read once, kept, recalled; nothing is executed that was not named."""

import io
import os
import zipfile

import numpy as np
import pytest

from paribus.data.cache import cache_folder
from paribus.data.own import load as loading
from paribus.data.own.data import Data
from paribus.data.own.load import load
from paribus.errors import DataError
from paribus.study.source import Source


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    loading._load.cache_clear()


def source(way, place, **options):
    return Source(way=way, place=str(place), name="mine", **options)


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_every_set_of_scikit_learn_is_read():
    tasks = {
        name: load(source("sklearn", name))[1].task
        for name in ("breast_cancer", "diabetes", "digits", "iris", "wine")
    }
    assert tasks == {
        "breast_cancer": "classification",
        "diabetes": "regression",
        "digits": "classification",
        "iris": "classification",
        "wine": "classification",
    }


def test_arrays_with_test_data_keep_them(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 3))
    path = saved(
        tmp_path / "a.npz", x_train=x, y_train=np.arange(30) % 2, x_test=x[:7], y_test=np.arange(7) % 2
    )
    dataset, facts = load(source("npz", path))
    assert (facts.train, facts.test) == (30, 7)
    assert np.array_equal(dataset.x_test, x[:7].astype(np.float32))


def test_a_grid_of_bytes_is_an_image_of_one_channel(tmp_path):
    path = saved(tmp_path / "a.npz", x=np.zeros((10, 5, 4), np.uint8), y=np.arange(10) % 2)
    assert load(source("npz", path))[1].shape == (5, 4, 1)


def test_what_was_decoded_is_mapped_from_the_cache_the_next_time(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(20, 3)), y=np.arange(20) % 2)
    before = load(source("npz", path))[0]
    loading._load.cache_clear()
    monkeypatch.setitem(loading._READERS, "npz", lambda _: pytest.fail("it is read again"))
    after = load(source("npz", path))[0]
    assert after.sha256 == before.sha256
    assert np.array_equal(after.x_train, before.x_train)


def test_a_damaged_cache_is_not_believed(tmp_path):
    path = saved(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(20, 3)), y=np.arange(20) % 2)
    before = load(source("npz", path))[0]
    entry = cache_folder() / "decoded" / before.sha256 / "x_train.npy"
    content = bytearray(entry.read_bytes())
    content[-1] ^= 1
    entry.write_bytes(content)
    loading._load.cache_clear()
    assert np.array_equal(load(source("npz", path))[0].x_train, before.x_train)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x": np.zeros((10, 2))}, "Needed are x and y"),
        ({"x": np.zeros((10, 2)), "y": np.arange(9) % 2}, "10 inputs and 9 labels"),
        ({"x": np.array([object()] * 6), "y": np.arange(6) % 2}, "never loaded"),
        ({"x": np.array(["a"] * 6), "y": np.arange(6) % 2}, "Numbers are needed"),
        ({"x": np.full((6, 2), np.inf), "y": np.arange(6) % 2}, "infinite numbers"),
    ],
)
def test_arrays_that_cannot_be_used_are_told(tmp_path, arrays, told):
    with pytest.raises(DataError) as caught:
        load(source("npz", saved(tmp_path / "a.npz", **arrays)))
    assert told in str(caught.value)


def test_an_array_that_says_it_is_larger_than_memory_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x", "y"):
            header = io.BytesIO()
            shape = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**3)}
            np.lib.format.write_array_header_1_0(header, shape)
            archive.writestr(f"{name}.npy", header.getvalue())
    with pytest.raises(DataError, match="8000000000000"):
        load(source("npz", path))


X, Y = np.random.default_rng(3).normal(size=(60, 3)).astype(np.float32), np.arange(60) % 3
VALIDATED = {"x_train": X[:40], "y_train": Y[:40], "x_val": X[40:50], "y_val": Y[40:50]}
TESTED = {"x_test": X[50:], "y_test": Y[50:]}


def test_validation_arrays_are_the_last_of_the_training_examples(tmp_path):
    dataset, facts = load(source("npz", saved(tmp_path / "a.npz", **VALIDATED, **TESTED)))
    assert (facts.train, facts.validation, facts.test) == (50, 10, 10)
    np.testing.assert_array_equal(dataset.x_train, X[:50])
    np.testing.assert_array_equal(dataset.y_train, Y[:50])


def test_test_data_are_drawn_from_the_training_examples_and_never_from_validation_data(tmp_path):
    for names in (VALIDATED, dict(zip(("x", "y", "x_val", "y_val"), VALIDATED.values(), strict=True))):
        dataset, facts = load(source("npz", saved(tmp_path / f"{len(names['x_val'])}.npz", **names)))
        assert (facts.train, facts.validation, facts.test) == (42, 10, 8)
        np.testing.assert_array_equal(dataset.x_train[-10:], X[40:50])
        loading._load.cache_clear()


def test_other_validation_data_are_other_data(tmp_path):
    one = load(source("npz", saved(tmp_path / "a.npz", **VALIDATED, **TESTED)))[0]
    moved = {**VALIDATED, "x_val": X[40:50] + 1}
    other = load(source("npz", saved(tmp_path / "b.npz", **moved, **TESTED)))[0]
    joined = {"x_train": X[:50], "y_train": Y[:50]}  # the same rows, none of them said to be for validation
    third = load(source("npz", saved(tmp_path / "c.npz", **joined, **TESTED)))[0]
    assert len({one.sha256, other.sha256, third.sha256}) == 3


def test_validation_data_come_back_from_the_cache(tmp_path):
    made = source("npz", saved(tmp_path / "a.npz", **VALIDATED, **TESTED))
    before = load(made)
    loading._load.cache_clear()
    after = load(made)
    assert after[1] == before[1]
    assert after[0].validation == before[0].validation == 10


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({**VALIDATED, "y_val": Y[:9]}, "10 inputs and 9 labels"),
        ({**VALIDATED, "x_val": X[:10, :2]}, "validation inputs (2,)"),
        ({**VALIDATED, "x_val": X[:0], "y_val": Y[:0]}, "have no example"),
        ({"x": X, "y": Y, "x_val": X}, "x_val with y_val"),
        ({"x_train": X, "y_train": Y}, "x_val with y_val"),
    ],
)
def test_validation_arrays_that_cannot_be_used_are_told(tmp_path, arrays, told):
    with pytest.raises(DataError) as caught:
        load(source("npz", saved(tmp_path / "a.npz", **arrays)))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "returned",
    [
        "(x[:40], y[:40]), (x[40:50], y[40:50]), (x[50:], y[50:])",
        "dict(x_train=x[:40], y_train=y[:40], x_val=x[40:50], y_val=y[40:50], x_test=x[50:], y_test=y[50:])",
    ],
)
def test_a_function_may_return_validation_data(tmp_path, returned):
    body = f"import numpy as np\ndef load():\n x, y = np.eye(60), np.arange(60) % 2\n return {returned}\n"
    (tmp_path / "mine.py").write_text(body)
    facts = load(source("python", tmp_path / "mine.py:load"))[1]
    assert (facts.train, facts.validation, facts.test) == (50, 10, 10)


def test_sequences_for_validation_are_cut_as_the_others(tmp_path):
    tokens = np.arange(1, 241).reshape(60, 4)
    path = saved(tmp_path / "a.npz", x=tokens[:50], y=Y[:50], x_val=tokens[50:], y_val=Y[50:])
    dataset, facts = load(source("sequences", path, length=2))
    assert (dataset.x_train.shape, facts.validation, facts.vocabulary) == ((50, 2), 10, 239)


def test_facts_without_validation_data_are_written_as_before():
    facts = Data(X, Y).facts
    assert "validation" not in facts.model_dump_json()
    assert type(facts).model_validate_json(facts.model_dump_json()) == facts


def test_labels_that_a_function_has_as_texts_of_python_are_read(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np, pandas as pd\n"
        "def load():\n"
        "    return np.arange(20.0).reshape(10, 2), pd.Series(['yes', 'no'] * 5, dtype=object)\n"
    )
    assert load(source("python", tmp_path / "mine.py:load"))[1].classes == ("no", "yes")


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_a_spreadsheet_is_no_archive(tmp_path, name):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DataError, match="Export it as CSV"):
        load(source("npz", tmp_path / name))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_a_file_that_is_no_archive_is_told(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz"):
        load(source("npz", path))


def test_sequences_are_cut_and_padded_to_one_length(tmp_path):
    path = saved(tmp_path / "a.npz", x=np.arange(1, 41).reshape(10, 4), y=np.arange(10) % 2)
    longer, facts = load(source("sequences", path, length=6))
    assert (longer.x_train[:, 4:] == 0).all()
    assert (facts.values, facts.vocabulary) == ("tokens", 41)
    assert load(source("sequences", path, length=2, vocabulary=8))[0].x_train.max() == 7


def test_sequences_of_fractions_are_refused(tmp_path):
    path = saved(tmp_path / "a.npz", x=np.full((10, 4), 0.5), y=np.arange(10) % 2)
    with pytest.raises(DataError, match="whole numbers"):
        load(source("sequences", path))


def test_a_function_is_called_with_its_arguments_in_another_process(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import os, numpy as np\n"
        "def load(n, folder):\n"
        "    open(os.path.join(folder, 'called'), 'w').write(str(os.getpid()))\n"
        "    return (np.ones((n, 2)), np.arange(n) % 2), (np.ones((4, 2)), np.arange(4) % 2)\n"
    )
    arguments = {"n": 12, "folder": str(tmp_path)}
    facts = load(source("python", tmp_path / "mine.py:load", arguments=arguments))[1]
    assert (facts.train, facts.test) == (12, 4)
    assert int((tmp_path / "called").read_text()) != os.getpid()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("def load(): raise ValueError('no disk')", "no disk"),
        ("def load(): return 3", "returned int"),
        ("import numpy as np\ndef load(): return np.array([{}] * 9), np.arange(9)", "Python objects"),
        ("def other(): pass", "no function load"),
        ("syntax error", "SyntaxError"),
    ],
)
def test_a_function_that_fails_says_why(tmp_path, body, told):
    (tmp_path / "mine.py").write_text(body)
    with pytest.raises(DataError) as caught:
        load(source("python", tmp_path / "mine.py:load"))
    assert told in str(caught.value)


def test_code_is_refused_where_the_user_refuses_it_also_after_it_has_run(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("def load(): return [[1.0]] * 8, [0, 1] * 4")
    of_function = source("python", tmp_path / "mine.py:load")
    load(of_function)
    monkeypatch.setenv("PARIBUS_NO_PYTHON", "1")
    with pytest.raises(DataError, match="--no-python"):
        load(of_function)


def test_arrays_of_a_program_are_found_by_a_later_one():
    made = Data(np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 3, name="mine")
    place = made.as_source()["arrays"]
    loading._IN_MEMORY.clear()
    assert load(source("arrays", place))[1] == made.facts


def test_arrays_that_are_gone_are_told():
    with pytest.raises(DataError, match="Run that program again"):
        load(source("arrays", "ab" * 32))


class TestData:
    X = np.random.default_rng(0).normal(size=(40, 3))

    def test_takes_frames_lists_and_batches_alike(self):
        import pandas as pd

        y = np.arange(40) % 2
        made = [
            Data(self.X, y),
            Data(self.X.tolist(), y.tolist()),
            Data(pd.DataFrame(self.X), pd.Series(y)),
            Data(train=list(zip(self.X, y, strict=True))),
            Data(train=((self.X[at : at + 8], y[at : at + 8]) for at in range(0, 40, 8))),
        ]
        assert len({each.as_source()["arrays"] for each in made}) == 1

    def test_takes_tensors_of_jax(self):
        import jax.numpy as jnp

        made = Data(jnp.asarray(self.X), jnp.arange(40) % 2)
        assert made.facts.train == 32

    def test_keeps_test_data_that_are_given(self):
        made = Data(self.X, np.arange(40) % 2, test=(self.X[:5], np.arange(5) % 2))
        assert (made.facts.train, made.facts.test) == (40, 5)

    def test_takes_validation_data(self):
        made = Data(self.X, np.arange(40) % 2, validation=(self.X[:6], np.arange(6) % 2))
        assert (made.facts.train, made.facts.validation, made.facts.test) == (38, 6, 8)
        assert "32 for training, 6 for validation, 8 for testing" in repr(made)

    def test_is_not_changed_by_what_becomes_of_the_arrays(self):
        x = self.X.copy()
        made = Data(x, np.arange(40) % 2)
        x[:] = 0
        assert load(source("arrays", made.as_source()["arrays"]))[0].x_train.any()

    def test_needs_inputs_and_labels(self):
        with pytest.raises(DataError, match="Give x and y"):
            Data(self.X)

    def test_reads_a_frame_by_its_columns(self):
        import pandas as pd

        frame = pd.DataFrame({"a": self.X[:, 0], "b": ["u", "v"] * 20, "p": self.X[:, 1]})
        assert Data.from_frame(frame, target="p").facts.features == ("a", "b=u", "b=v")
