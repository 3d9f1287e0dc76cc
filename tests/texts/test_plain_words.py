"""Sentences are short and in the field's words, in every language."""

import re

import pytest
from tests.texts.test_catalogues import LANGUAGES, sentences

DOMAINS = (
    "aa",
    "archive",
    "cli",
    "cluster",
    "combine",
    "comparison",
    "card",
    "confirm",
    "data",
    "executor",
    "diff",
    "export",
    "gc",
    "kept",
    "live",
    "notebook",
    "remarks",
    "remote",
    "run",
    "sequential",
    "shards",
    "trackers",
    "verify",
)

MOST_WORDS = {"en": 25, "vi": 36}
"""A Vietnamese word is written as one to three syllables, with spaces between them."""

BANNED = {
    "en": r"\banswers?\b|\bagainst\b|\bstands?\b(?!-in)|\bmend|\bluck|\bsurest\b|\bput (down|out)\b"
    r"|\bstays? open\b|\btold\b|\bwatch|\b\d+ %|\d %|% interval",
    "vi": r"hạt giống(?! ngẫu nhiên\))|tập dev|\bdev\b|phần phạt|trả lời|đường học|chia tỉ lệ|thước đo"
    r"|\d %|may rủi|bước đi|thất bại|chưa rõ|vô hạn|mẫu đo|liều",
}
"""Riddles, and words that mean something else in the field."""

ALL = [(language, domain) for language in LANGUAGES for domain in DOMAINS]


def split(form):
    """Return the sentences of a text, each placeholder as one word."""
    filled = re.sub(r"\{\{|\}\}", "", re.sub(r"\{[^{}]+\}", "Word", form))
    return [part.split() for part in re.split(r"[.!?:;…](?=[\s\"')]|$)|\n", filled)]


def test_a_sentence_ends_with_its_mark_and_a_placeholder_is_a_word():
    counted = [len(part) for part in split("Variant {variant} in docs/a.md: {share:.2p}%. Two words\nthree")]
    assert counted == [4, 1, 2, 1]


@pytest.mark.parametrize(("language", "domain"), ALL)
def test_sentences_are_short(language, domain):
    long = {
        code: " ".join(words)
        for code, forms in sentences(language, domain).items()
        for form in forms
        for words in split(form)
        if len(words) > MOST_WORDS[language]
    }
    assert not long


@pytest.mark.parametrize(("language", "domain"), ALL)
def test_sentences_are_in_the_words_of_the_field(language, domain):
    found = {
        code: match.group()
        for code, forms in sentences(language, domain).items()
        for form in forms
        if (match := re.search(BANNED[language], form, re.IGNORECASE))
    }
    assert not found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_variant_is_called_one(language):
    before = {"en": r"(variants?|and|vs) ", "vi": r"(biến thể|so với) "}[language]
    bare = [
        code
        for domain in ("comparison", "remarks", "sequential")
        for code, forms in sentences(language, domain).items()
        for form in forms
        for match in re.finditer(r"\{(treatment|reference)\}", form)
        if code != "comparison.question"
        and not re.search(before + r"$", form[: match.start()], re.IGNORECASE)
    ]
    assert not bare
