"""A study that asks for what no machine has is refused before it is planned, with what it would cost."""

import time

import pytest

from paribus.errors import InputError, StudyError, UsageError
from paribus.study.reader import load
from paribus.workflow.planned import plan
from paribus.workflow.review import review

STUDY = {
    "name": "large",
    "seeds": 3,
    "data": "mnist",
    "base": {
        "model": {"hidden": [8]},
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "epochs": 1,
    },
    "variants": {"a": {}},
}


def with_base(**changes):
    return {**STUDY, "base": {**STUDY["base"], **changes}}


@pytest.mark.parametrize("ask", [review, plan])
@pytest.mark.parametrize(
    ("study", "words"),
    [
        ({**STUDY, "seeds": 20_240_101}, "from 1 to 10,000"),
        (with_base(epochs=10**9), "from 1 to 1,000,000"),
        (with_base(model={"hidden": [10**7]}), "7,950,000,010 weights"),
        (
            {**STUDY, "seeds": 10_000, "variants": {f"v{i}": {"epochs": i + 1} for i in range(11)}},
            "110,000 runs",
        ),
    ],
    ids=["seeds", "epochs", "units", "runs"],
)
def test_it_is_refused_at_once(ask, study, words):
    start = time.monotonic()
    with pytest.raises(InputError, match=words):
        ask(study)
    assert time.monotonic() - start < 5  # a second where nobody else works


def test_more_seeds_than_a_study_may_have_are_refused_as_an_option_too():
    with pytest.raises(UsageError, match="at most 10,000"):
        plan(STUDY, seeds=1_000_000)


def test_a_network_that_the_machine_cannot_hold_is_refused_with_what_it_needs(monkeypatch):
    import psutil

    class Small:
        total = 10**6

    monkeypatch.setattr(psutil, "virtual_memory", Small)
    with pytest.raises(UsageError, match=r"a .*needs at least .* GB"):
        plan(with_base(model={"hidden": [1000]}))


def test_padding_beyond_any_memory_is_refused_before_a_worker_dies():
    layers = [{"zero_padding2d": {"padding": 100_000}}, {"flatten": {}}]
    with pytest.raises(InputError):
        review(with_base(model=[*layers, {"dense": 10}]))


@pytest.mark.parametrize("size", [2**31, 2**53])
def test_a_number_that_no_engine_holds_is_refused(size):
    with pytest.raises(StudyError, match="not allowed"):
        load(with_base(batch_size=size))
