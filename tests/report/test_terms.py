"""The terms of statistics: explained in a line each, and found from wherever they are named."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest

from paribus import texts
from paribus.report.terms import TERMS, linked, page

DOCS = Path(__file__).parent.parent.parent / "docs"
SAID = ("ranking", "comparison", "page", "verify", "finding", "confirm", "aa", "cli")
"""The catalogues whose sentences name terms."""
NAMES = {
    "Holm": "holm",
    "Wilson": "wilson",
    "McNemar": "mcnemar",
    "BCa": "bca",
    "A/A": "aa-test",
    "sign-flip": "sign-flip",
    "đảo dấu": "sign-flip",
    "sign test": "sign",
    "kiểm định dấu": "sign",
    "prediction interval": "prediction",
    "khoảng dự đoán": "prediction",
}


def sentences(language):
    for domain in SAID:
        catalogue = gettext.translation(domain, texts.LOCALES, [language])
        yield from (str(each) for each in catalogue._catalog.values())


def test_the_page_of_the_documentation_is_the_one_that_is_printed():
    written = (DOCS / "terms.md").read_text(encoding="utf-8")
    assert written == page(), "run `paribus help terms --markdown > docs/terms.md`"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_sentence_that_names_a_term_leads_to_it(language):
    with texts.language(language):
        found = list(sentences(language))
        for name, key in NAMES.items():
            for sentence in (each for each in found if name in each):
                assert f'href="#term-{key}"' in linked(sentence), sentence


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_every_term_is_named_in_some_sentence(language, term):
    with texts.language(language):
        assert any(word in each for each in sentences(language) for word in term.words)


def test_a_term_that_is_named_twice_is_linked_once():
    assert linked("McNemar, and again McNemar").count("<a ") == 1


def test_what_is_no_term_is_escaped_and_stays_as_it_is():
    assert linked("a < b & c") == "a &lt; b &amp; c"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_an_explanation_is_one_line_that_does_not_explain_itself(language):
    with texts.language(language):
        for term in TERMS:
            assert len(term.about) <= 125
            assert not re.match(re.escape(term.name), term.about)
