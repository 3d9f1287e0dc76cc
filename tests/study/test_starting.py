"""A study to start from can be read, means what its origin means, and explains every key that it uses."""

from __future__ import annotations

import pytest

from paribus.analysis.design.review import review
from paribus.errors import UsageError
from paribus.study.reader import builtin_names, from_text, load
from paribus.study.starting import starting_text
from paribus.texts import LANGUAGES, language


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("name", builtin_names())
def test_a_study_from_a_built_in_one_has_the_same_variants_and_questions(name, spoken):
    with language(spoken):
        new = from_text(starting_text("mine", "mine.yaml", name).encode(), "mine.yaml")
    assert new.name == "mine"
    for part in ("variants", "questions", "published", "seeds", "margin", "title"):
        assert getattr(new, part) == getattr(load(name), part)


def test_the_small_study_has_a_base_two_variants_a_question_and_seeds():
    new = from_text(starting_text("mine", "mine.yaml").encode(), "mine.yaml")
    plain, *others = new.variants.values()
    assert plain.changes == {}
    assert len(others) == 2
    assert new.questions
    assert new.seeds >= 5
    assert {variant.configuration.data for variant in new.variants.values()} == {"mnist"}


def test_nothing_is_doubtful_about_the_small_study_beyond_notes():
    from paribus.analysis.finding import Severity

    new = from_text(starting_text("mine", "mine.yaml").encode(), "mine.yaml")
    found = review(new)
    assert [each.code for each in found if each.severity is not Severity.INFO] == []


@pytest.mark.parametrize("origin", [None, "lab2"])
def test_every_key_is_explained_once_above_its_first_use(origin):
    lines = starting_text("mine", "mine.yaml", origin).splitlines()
    for key in ("seeds", "base", "data", "model", "hidden", "variants", "questions", "treatment", "ask"):
        explained = [place for place, line in enumerate(lines) if line.strip().startswith(f"# {key}: ")]
        used = [
            place
            for place, line in enumerate(lines)
            if f"{key}:" in line and not line.strip().startswith("#")
        ]
        assert explained, key
        assert len({lines[place] for place in explained}) == len(explained), key  # once in each part
        assert explained[0] < used[0], key


def test_lines_fit_a_terminal():
    lines = starting_text("mine", "mine.yaml").splitlines()
    assert max(map(len, lines)) < 80
    assert "# yaml-language-server: $schema=paribus.schema.json" in lines


@pytest.mark.parametrize("name", ["1", "true", "a b", "no"])
def test_a_name_that_looks_like_something_else_stays_a_name(name):
    assert from_text(starting_text(name, "x.yaml").encode(), "x.yaml").name == name


def test_an_unknown_origin_is_told_what_there_is():
    with pytest.raises(UsageError, match="Did you mean 'lab2'"):
        starting_text("mine", "mine.yaml", "lab1")
