"""Sentences about findings say nothing that is false of the task or of the inputs that they are about."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from paribus.analysis.design.review import DESIGN_RULES
from paribus.analysis.rule import Rule
from paribus.analysis.runs.registry import rules
from paribus.texts import LANGUAGES, LOCALES

FALSE = {
    ("regression", "en"): r"accurac|\bclass(es)?\b|\blabels?\b",
    ("regression", "vi"): r"độ chính xác|\blớp\b|\bnhãn\b",
    ("multilabel", "en"): r"\bone class\b|softmax",
    ("multilabel", "vi"): r"\bmột lớp\b|softmax",
    ("numbers", "en"): r"\bimages?\b|\bpixels?\b",
    ("numbers", "vi"): r"\bảnh\b(?! hưởng)|điểm ảnh",
    ("own", "en"): r"\bnetworks?\b",
    ("own", "vi"): r"\bmạng\b",
}
"""Words that are false of a task, of inputs that are no pixels, or of a forest that a function trains."""
WATCHED = ("overflow-at-start", "large-steps", "saturation")
"""Rules that read what was measured inside a network, and so are about one."""
MEANT = {
    "class-loss-for-numbers": "is about a loss that only suits classes",
    "own-draws": "its remedy names a class of Keras, not one of examples",
    "hidden-softmax": "its title names the softmax that the configuration has",
}
"""Rules whose sentences name such a word on purpose."""


def sentences_of(rule: Rule, language: str) -> Iterator[tuple[str, str]]:
    """The sentences of a rule and of what it advises, without what they leave open."""
    advised = re.findall(r'"([a-z0-9-]+)"', inspect.getsource(getattr(rule, "advise", rule.concerns)))
    codes = [rf"{re.escape(rule.domain)}\.{re.escape(rule.code)}\.(title|why|remedy|cause)"]
    codes += [rf"remarks\.(only-|compared-|study-)?{re.escape(rule.code)}"]
    codes += [rf"advice\.{kind}\.(do|expect)" for kind in advised if kind not in ("scale", "scale-alive")]
    catalogue = Path(str(LOCALES)) / language / "LC_MESSAGES"
    for domain in ("diagnosis", "finding", "remarks", "advice"):
        for message in read_po((catalogue / f"{domain}.po").open("rb")):
            code = message.id if isinstance(message.id, str) else message.id[0]
            if any(re.fullmatch(each, code) for each in codes):
                forms = (message.string,) if isinstance(message.string, str) else message.string
                for form in forms:
                    yield code, re.sub(r"\{[^}]*\}", "", form)


def is_about(rule: Rule, about: str) -> bool:
    """Whether a rule may find something in such a task, with such inputs, or in a training of one's own."""
    if about == "own":
        return rule.any_training and rule.code not in WATCHED
    return about in (rule.values if about == "numbers" else rule.tasks)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", ["regression", "multilabel", "numbers", "own"])
def test_no_sentence_is_false_of_what_its_rule_is_about(about, language):
    found = [
        f"{code}: {words}"
        for rule in (*rules(), *DESIGN_RULES)
        if is_about(rule, about) and rule.code not in MEANT
        for code, words in sentences_of(rule, language)
        if re.search(FALSE[about, language], words, re.IGNORECASE)
    ]
    assert found == []
