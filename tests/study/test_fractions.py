"""Fractions of two-level factors, against a published table of generators.

The table is that of Box, Hunter and Hunter, "Statistics for Experimenters" (1978), page 410, which the NIST
handbook of statistical methods reprints in section 5.3.3.4.7.
"""

from __future__ import annotations

import pytest
from tests.study.conftest import BASE

from paribus.errors import StudyError
from paribus.study.fractions import fraction_size, generators_for, resolution
from paribus.study.reader import load
from paribus.study.to_dict import same_meaning, to_dict

TABLE = {
    (3, 4): (3, "C=AB"),
    (4, 8): (4, "D=ABC"),
    (5, 16): (5, "E=ABCD"),
    (5, 8): (3, "D=AB E=AC"),
    (6, 32): (6, "F=ABCDE"),
    (6, 16): (4, "E=ABC F=BCD"),
    (6, 8): (3, "D=AB E=AC F=BC"),
    (7, 64): (7, "G=ABCDEF"),
    (7, 32): (4, "F=ABCD G=ABDE"),
    (7, 16): (4, "E=ABC F=BCD G=ACD"),
    (7, 8): (3, "D=AB E=AC F=BC G=ABC"),
    (8, 64): (5, "G=ABCD H=ABEF"),
    (8, 32): (4, "F=ABC G=ABD H=BCDE"),
    (8, 16): (4, "E=BCD F=ACD G=ABC H=ABD"),
    (9, 128): (6, "H=ACDFG J=BCEFG"),
    (9, 64): (4, "G=ABCD H=ACEF J=CDEF"),
    (9, 32): (4, "F=BCDE G=ACDE H=ABDE J=ABCE"),
    (9, 16): (3, "E=ABC F=BCD G=ACD H=ABD J=ABCD"),
    (10, 128): (5, "H=ABCG J=BCDE K=ACDF"),
    (10, 64): (4, "G=BCDF H=ACDF J=ABDE K=ABCE"),
    (10, 32): (4, "F=ABCD G=ABCE H=ABDE J=ACDE K=BCDE"),
    (10, 16): (3, "E=ABC F=BCD G=ACD H=ABD J=ABCD K=AB"),
    (11, 128): (5, "H=ABCG J=BCDE K=ACDF L=ABCDEFG"),
    (11, 64): (4, "G=CDE H=ABCD J=ABF K=BDEF L=ADEF"),
    (11, 32): (4, "F=ABC G=BCD H=CDE J=ACD K=ADE L=BDE"),
    (11, 16): (3, "E=ABC F=BCD G=ACD H=ABD J=ABCD K=AB L=AC"),
}
"""By number of factors and of runs: the resolution and the generators that the table recommends."""

NAMES = ["dropout", "batch_normalization", "batch_size", "epochs", "learning_rate", "optimizer"]
CROSS = {
    "dropout": [0, 0.3],
    "batch_normalization": [False, True],
    "batch_size": [16, 64],
    "epochs": [5, 10],
    "learning_rate": [0.1, 0.5],
    "optimizer": ["sgd", "adam"],
}


def read(words: str) -> dict[str, tuple[str, ...]]:
    pairs = (each.split("=") for each in words.split())
    return {name: tuple(parts) for name, parts in pairs}


@pytest.mark.parametrize(("factors", "runs"), TABLE)
def test_the_generators_of_the_table_have_the_resolution_that_it_says(factors, runs):
    published, generators = TABLE[factors, runs]
    assert len(read(generators)) == factors - runs.bit_length() + 1
    assert resolution(read(generators)) == published


@pytest.mark.parametrize(("factors", "runs"), TABLE)
def test_no_smaller_fraction_is_found_than_the_table_has_and_no_larger_one(factors, runs):
    wanted, _ = TABLE[factors, runs]
    of_the_table = [size for (k, size), (found, _) in TABLE.items() if k == factors and found >= wanted]
    assert fraction_size(factors, wanted) == min(of_the_table)


@pytest.mark.parametrize("factors", range(3, 12))
def test_what_is_found_has_the_resolution_that_was_asked_for(factors):
    names = "ABCDEFGHJKL"[:factors]
    for wanted in range(3, factors + 1):
        found = generators_for(names, wanted)
        assert found
        assert resolution(found) >= wanted
        assert not {part for parts in found.values() for part in parts} & found.keys()


def test_a_study_may_ask_for_a_resolution_and_is_written_with_its_generators():
    made = load({"base": BASE, "cross": CROSS, "fraction": {"resolution": 4}})
    (design,) = made.designs
    assert (len(design.cells), design.whole, design.resolution) == (16, 64, 4)
    assert [*design.generators] == ["learning_rate", "optimizer"]
    assert to_dict(made)["fraction"]["learning_rate"] == "dropout * batch_normalization * batch_size"
    assert same_meaning(load(to_dict(made)), made)


def test_every_factor_and_every_two_of_them_are_balanced_in_a_fraction():
    (design,) = load({"base": BASE, "cross": CROSS, "fraction": {"resolution": 4}}).designs
    for one in NAMES:
        assert len(design.variants({one: 1})) == 8
        for other in NAMES:
            assert one == other or len(design.variants({one: 1, other: 0})) == 4


def test_a_fraction_may_have_more_factors_than_all_combinations_could():
    factors = {f"f{place}": {"low": {"epochs": 1}, "high": {"batch_size": 8}} for place in range(11)}
    (design,) = load({"base": BASE, "cross": factors, "fraction": {"resolution": 4}}).designs
    assert (len(design.cells), design.whole) == (32, 2048)


@pytest.mark.parametrize(
    ("fraction", "code"),
    [
        ({"resolution": 2}, "study.fraction-resolution"),
        ({"resolution": 7}, "study.fraction-resolution"),
        ({"resolution": True}, "study.fraction-resolution"),
        ({"resolution": "IV"}, "study.fraction-resolution"),
        ({"resolution": 4, "epochs": "dropout"}, "study.fraction-resolution-alone"),
        ({"epochs": "dropout * dropout"}, "study.fraction-factor-twice"),
        ({"resolutoin": 4}, "study.unknown-factor"),
    ],
)
def test_what_is_no_fraction_is_refused_and_nothing_that_follows_from_it(fraction, code):
    with pytest.raises(StudyError) as error:
        load({"base": BASE, "cross": CROSS, "fraction": fraction, "questions": [{"effects": "all"}]})
    assert [each.code for each in error.value.faults] == [code]


def test_a_resolution_of_two_factors_or_of_too_many_is_refused():
    two = {name: CROSS[name] for name in NAMES[:2]}
    many = {f"f{place}": {"low": {"epochs": 1}, "high": {"batch_size": 8}} for place in range(12)}
    for cross, code in (
        (two, "study.fraction-resolution-factors"),
        (many, "study.fraction-resolution-search"),
    ):
        with pytest.raises(StudyError) as error:
            load({"base": BASE, "cross": cross, "fraction": {"resolution": 3}})
        assert [each.code for each in error.value.faults] == [code]
