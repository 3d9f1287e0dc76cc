"""What Python refuses of a user's arguments, in the tool's own words, and what it takes."""

import doctest
import inspect
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paribus as pb
from paribus.cli import options
from paribus.errors import as_arguments, on_command_line
from paribus.workflow.public import public
from paribus.workflow.request import Request, as_path

PUBLIC = [pb.aa_test, pb.confirm, pb.load_results, pb.merge, pb.rerun, pb.review, pb.run]
FIELDS = tuple(Request.__dataclass_fields__)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([12, 5000]).map(lambda digits: 10**digits)  # some with more digits than Python writes
    | st.floats()
    | st.text()
    | st.sampled_from(["auto", "delayed", "3", "1,2", "yes", "", "\0"])
    | st.binary()
    | st.builds(Path, st.text())
    | st.builds(object),
    lambda values: st.lists(values) | st.tuples(values) | st.dictionaries(st.text(), values),
    max_leaves=4,
)

WRONG = {
    "seeds in a text": ({"seeds": "3"}, "Did you mean 'seeds=3'?"),
    "seeds as a fraction": ({"seeds": 2.5}, "seeds=2.5 is not allowed"),
    "seeds as a float": ({"seeds": 2.0}, "Did you mean 'seeds=2'?"),
    "a truth as seeds": ({"seeds": True}, "a whole number from 1 to 1,000,000"),
    "no seeds": ({"seeds": 0}, "at least 1"),
    "seeds without end": ({"seeds": 10**12}, "a whole number from 1 to 1,000,000"),
    "half a worker": ({"workers": 1.5}, "workers=1.5 is not allowed"),
    "one name in place of a list": ({"only": "plain"}, "Did you mean 'only=['plain']'?"),
    "names in one text": ({"only": "1, 2"}, "Did you mean 'only=['1', '2']'?"),
    "names that are numbers": ({"only": [1, 2]}, "Did you mean 'only=['1', '2']'?"),
    "names and what they mean": ({"only": {"1": "base"}}, "names of variants in a list"),
    "a word for a switch": ({"embedded": "yes"}, "Did you mean 'embedded=True'?"),
    "a number for a switch": ({"embedded": 0}, "Did you mean 'embedded=False'?"),
    "a number for a folder": ({"data_dir": 3}, "data_dir=3 is not allowed"),
    "a folder that no system can have": ({"out": "\0"}, "a folder's path"),
    "an update mode that is none": ({"updates": "step"}, "Did you mean 'stepwise'?"),
    "a number for an update mode": ({"updates": 3}, "Known: auto, stepwise, delayed"),
    "no threads": ({"threads": 0}, "threads: 0 is too small; at least 1"),
    "threads in a text": ({"threads": "2"}, "Did you mean 'threads=2'?"),
    "a word for threads": ({"threads": "atuo"}, "Did you mean 'threads='auto''?"),
    "threads as nothing": ({"threads": None}, "a whole number from 1 to 1,000,000, or 'auto'"),
    "a limit of nothing": ({"max_seeds": 9}, "until"),
    "two ways to choose seeds": ({"until_decided": True, "seeds": 3}, "choose one"),
    "two things at once": ({"until_decided": True, "aa": True}, "choose one"),
    "an A/A test of named variants": ({"aa": True, "only": ["1"]}, "only"),
    "an A/A test of one pair": ({"aa": True, "seeds": 1}, "at least 3 pairs"),
    "two kinds of images": ({"embedded": True, "data_dir": "images"}, "choose one"),
    "a shard that is none": ({"shard": "3-10"}, "Did you mean 'shard='3/10''?"),
    "a shard of which there is none": ({"shard": (11, 10)}, "there is no part 11 of 10"),
    "half a shard": ({"shard": (1, 2.5)}, "shard=(1, 2.5) is not allowed"),
    "seeds that are added shard by shard": ({"until_decided": True, "shard": "1/2"}, "exclude each other"),
    "an argument that is none": ({"seed": 3}, "Did you mean 'seeds'?"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_argument_is_refused_in_one_message(wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, message = WRONG[wrong]
    with pytest.raises(pb.UsageError) as refused:
        pb.run("lab2", **arguments)
    assert message in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_argument_is_refused_in_vietnamese_too():
    with pytest.raises(pb.UsageError) as refused:
        pb.review("lab2", seeds="3")
    with pb.language("vi"):
        assert "Có phải ý bạn là 'seeds=3'?" in str(refused.value)


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(pb.UsageError) as refused:
        pb.review("lab2", seeds="3", embedded="yes", only="1")
    for message in ("seeds='3'", "embedded='yes'", "only='1'"):
        assert message in str(refused.value)


@pytest.mark.parametrize("source", [42, None, 1.5, b"lab2", ["lab2"], object()])
def test_what_is_no_study_is_refused(source):
    for function in (pb.load, pb.run, pb.review, pb.confirm, pb.aa_test):
        with pytest.raises(pb.UsageError, match="is not a study"):
            function(source)


@pytest.mark.parametrize("path", [42, None, b"out", ["out"]])
def test_what_is_no_folder_is_refused(path):
    with pytest.raises(pb.UsageError, match="a folder's path"):
        pb.load_results(path)


def test_a_folder_without_results_is_named(tmp_path):
    for path in (tmp_path, str(tmp_path), tmp_path / "nowhere"):
        with pytest.raises(pb.StoreError, match="holds no results"):
            pb.load_results(path)


def test_pairs_are_called_pairs():
    with pytest.raises(pb.UsageError, match="pairs='5'"):
        pb.aa_test("lab2", pairs="5")


def test_a_call_that_the_signature_does_not_allow_shows_how_to_call():
    for call in (pb.run, lambda: pb.run("lab2", 3)):
        with pytest.raises(pb.UsageError, match=r"run\(study, \*, only=None, seeds=None"):
            call()


def outcome(call):
    """What a call returns, or the error that it raises."""
    try:
        return call()
    except pb.ParibusError as error:
        return error


@pytest.mark.parametrize("field", FIELDS)
@given(value=VALUES)
def test_whatever_stands_for_an_option_is_refused_or_makes_a_valid_request(field, value):
    request = outcome(lambda: Request(**{field: value}))
    if isinstance(request, pb.ParibusError):
        with pb.language("vi"):
            assert str(request)
        return
    assert request.only is None or all(isinstance(name, str) for name in request.only)
    for number in (request.seeds, request.workers, request.max_seeds):
        assert number is None or (type(number) is int and 1 <= number <= 10**6)
    for folder in (request.data_dir, request.out):
        assert folder is None or isinstance(folder, Path)
    assert all(type(each) is bool for each in (request.embedded, request.until_decided, request.aa))
    assert request.updates in ("auto", "stepwise", "delayed")


@given(value=VALUES)
def test_whatever_stands_for_a_study_is_refused_or_read(value):
    found = outcome(lambda: pb.load(value))
    assert isinstance(found, pb.Study) or str(found)


def test_what_means_the_same_is_taken():
    assert Request(shard="3/10").shard == Request(shard=(3, 10)).shard == Request(shard=[3, 10]).shard
    assert Request(seeds=np.int64(3)).seeds == 3
    assert Request(only={"a"}).only == Request(only=("a",)).only == Request(only=["a"]).only == ("a",)
    assert as_path("out") == as_path(Path("out")) == Path("out")


def test_the_command_line_has_an_option_for_every_field():
    assert set(options._REQUEST) == set(FIELDS)
    defaults = {name: getattr(Request(), name) for name in FIELDS}
    assert {name: default for name, (_, default) in options._REQUEST.items()} == defaults


@pytest.mark.parametrize("function", PUBLIC, ids=lambda each: each.__name__)
def test_every_argument_of_a_public_function_is_described_once(function):
    arguments = inspect.signature(function).parameters
    described = [
        line.split(":")[0].strip()
        for line in function.__doc__.splitlines()
        if line.startswith("    ") and line.split(":")[0].strip() in arguments and line[4] != " "
    ]
    assert sorted(described) == sorted(arguments)
    assert "..." not in function.__doc__.split("Args:")[1].split("Raises:")[0]
    assert not [each for each in arguments.values() if each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]


@pytest.mark.parametrize("function", PUBLIC, ids=lambda each: each.__name__)
def test_the_examples_of_public_functions_run(function):
    (test,) = doctest.DocTestFinder().find(function, function.__name__, module=False)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_an_option_that_a_function_describes_itself_is_not_described_again():
    @public
    def count(seeds: int = 1, workers: int = 1) -> None:
        """Count.

        Args:
            seeds: To count.
            ...: As in `Request`.
        """

    lines = [line.strip() for line in count.__doc__.splitlines()]
    assert lines.count("seeds: To count.") == 1
    assert sum(line.startswith("seeds:") for line in lines) == 1
    assert sum(line.startswith("workers: Processes side by side") for line in lines) == 1


def test_an_option_is_spelled_as_an_argument_of_python():
    for wrong, said in (
        ({"workers": 0}, "workers: 0 is too small"),
        ({"max_seeds": 0, "until_decided": True}, "max_seeds: 0 is too small"),
        ({"until_decided": True, "aa": True}, "until_decided=True and aa=True exclude each other"),
        ({"max_seeds": 5}, "max_seeds limits until_decided=True. Without it, seeds gives"),
        ({"only": []}, "only names no variant"),
        ({"updates": "slow"}, "updates: 'slow' is not"),
    ):
        with pytest.raises(pb.UsageError) as refused:
            pb.run("lab2", **{"embedded": True, **wrong})
        assert said in str(refused.value)
        assert "--" not in str(refused.value)
        with on_command_line():
            assert "--" in str(refused.value)
        with pb.language("vi"):
            assert "--" not in str(refused.value)


def test_a_command_in_an_error_stays_a_command():
    assert as_arguments("workers\n  paribus run a --seeds 5\n--updates delayed") == (
        'workers\n  paribus run a --seeds 5\nupdates="delayed"'
    )
