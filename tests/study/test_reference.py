"""Every key, technique and argument is explained, in every language, from the table that the readers use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from paribus.errors import UsageError
from paribus.report.study_reference import page
from paribus.study.keys import KEYS, Group
from paribus.study.reference import find, known_names
from paribus.study.techniques import Kind, entry, names
from paribus.texts import LANGUAGES, LOCALES, language

ROOT = Path(__file__).parent.parent.parent


def test_the_page_in_the_documentation_is_the_generated_one():
    written = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    assert written == page(), "run `paribus help study --markdown > docs/study.md`"


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_every_name_is_explained(spoken):
    with language(spoken):
        for name in known_names():
            for topic in find(name):
                assert topic.facts, name
                assert topic.about or topic.rows or dict(topic.facts).get("Keras"), name


def test_the_page_names_every_key_technique_and_argument():
    written = page()
    techniques = [entry(kind, name) for kind in Kind for name in names(kind)]
    named = {key for group in Group for key in KEYS[group]} | {each.name for each in techniques}
    named |= {argument for each in techniques for argument in each.arguments}
    assert [name for name in sorted(named) if f"`{name}`" not in written] == []


def test_a_key_says_its_type_allowed_values_default_and_example():
    (topic,) = find("early_stopping.patience")
    assert dict(topic.facts) == {
        "Type": "whole number",
        "Allowed": "a whole number of at least 0",
        "Default": "0",
        "Example": "patience: 3",
    }


def test_a_name_of_several_things_is_explained_as_each():
    assert [topic.place for topic in find("dropout")] == ["In model", "layer", *["argument: layer"] * 2]
    assert [topic.place for topic in find("data")] == ["At the top", "In base, and in each variant"]
    assert [topic.place for topic in find("variants.data")] == ["In base, and in each variant"]


def test_an_argument_is_explained_for_each_thing_that_it_means():
    allowed = [dict(topic.facts)["Allowed"] for topic in find("padding")]
    assert allowed[0] == "one of: same, valid"
    assert allowed[1] == "one of: causal, same, valid"
    assert len(allowed) == 5
    assert "sgd (default 0.0)" in dict(find("sgd.momentum")[0].facts)["Argument of"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("seed", "'seeds'"),
        ("optimzer", "'optimizer'"),
        ("early_stopping.patients", "'early_stopping.patience'"),
        ("Adamm", "'adam'"),
    ],
)
def test_an_unknown_key_is_told_what_was_probably_meant(given, meant):
    with pytest.raises(UsageError, match=f"Did you mean {re.escape(meant)}"):
        find(given)


def test_no_sentence_that_teaches_has_more_than_25_words():
    for domain in ("reference", "new"):
        with (LOCALES / "en" / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
            said = [str(message.string) for message in read_po(file) if message.id]
        assert said
        for sentence in (each for words in said for each in re.split(r"(?<=[.:;?])\s", words)):
            assert len(sentence.split()) <= 25, sentence


def test_the_branches_of_several_inputs_are_explained():
    for given in ("branches", "model.branches"):
        (topic,) = find(given)
        assert "each input" in topic.about
        assert ("Example", "branches: {image: [{dense: 16}], age: []}") in topic.facts
