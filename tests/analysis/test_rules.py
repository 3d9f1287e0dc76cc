"""Each rule has what it needs: sentences in each language, a row in the docs, and runs that show it."""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from tests.analysis.findings import EXAMPLES
from tests.analysis.made_runs import flat, regression

from paribus.analysis.causes.ablation import ablations
from paribus.analysis.causes.advice import advice
from paribus.analysis.design.review import DESIGN_RULES
from paribus.analysis.finding import Finding, Severity, plain
from paribus.analysis.questions.answering import comparisons
from paribus.analysis.rule import ALL_TASKS, ALL_VALUES, Rule
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.registry import BUILT_IN, facts
from paribus.analysis.runs.rule import DiagnosisRule, Place, RunRule
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.report.remarks import remarks
from paribus.texts import LANGUAGES, LOCALES, language

DOCS = {"diagnosis": Path(__file__).parents[2] / "docs" / "diagnosis.md"}
"""Where the findings of each domain are documented."""
HOLE = re.compile(r"[{}]|\bnan\b|\bNone\b|Message|Listed|  |\s[.,]")


def registered() -> tuple[Rule, ...]:
    """Every rule of Paribus."""
    return BUILT_IN


RULES = {rule.code: rule for rule in registered()}
by_code = pytest.mark.parametrize("code", RULES)


def codes(domain: str, language: str) -> set[str]:
    """The codes of a catalogue's sentences, in one language alone."""
    with (LOCALES / language / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        return {str(code) for code in gettext.GNUTranslations(file)._catalog}


def sentences(domain: str, language: str) -> dict[str, str]:
    """The sentences of a catalogue, by code, in one language alone."""
    with (LOCALES / language / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog
    return {code if isinstance(code, str) else code[0]: words for code, words in catalogue.items()}


def needed(rule: Rule) -> Iterator[str]:
    """The codes of the sentences that a rule must have."""
    yield from (f"{rule.domain}.{rule.code}.{part}" for part in ("title", "why", "remedy"))
    if not isinstance(rule, DiagnosisRule):
        return
    if rule.remark is not None:
        yield f"remarks.{rule.code}"
    flags = {"compared": rule.is_compared, "only": rule.is_contrasted, "study": rule.is_summarized}
    yield from (f"remarks.{word}-{rule.code}" for word, declared in flags.items() if declared)


def documented() -> list[tuple[str, str]]:
    """The code and the severities of each row."""
    texts = [page.read_text(encoding="utf-8") for page in DOCS.values()]
    return re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z, ]+) \|", "\n".join(texts), re.MULTILINE)


def shown(code: str) -> Iterator[tuple[Severity, Finding]]:
    """What is found in each example of a code, with the severity that it is an example of."""
    for (of_code, severity), example in EXAMPLES.items():
        if of_code == code:
            variant = next(iter(example.runs))[0]
            found = diagnose(example.study, example.runs).findings
            (finding,) = (each for each in found if each.code == code and each.variants[0] == variant)
            yield severity, finding


@by_code
def test_a_rule_has_its_sentences_in_each_language(code):
    rule = RULES[code]
    for spoken in LANGUAGES:
        for sentence in needed(rule):
            assert sentence in codes(sentence.partition(".")[0], spoken), (sentence, spoken)


@by_code
def test_a_rule_is_documented_with_its_severities(code):
    assert [severities for each, severities in documented() if each == code] == [
        ", ".join(each.value for each in RULES[code].severities)
    ]


@by_code
def test_a_rule_is_shown_with_each_of_its_severities(code):
    found = list(shown(code))
    assert [severity for severity, _ in found] == list(RULES[code].severities)
    for severity, finding in found:
        assert finding.severity is severity
        assert finding.reference == RULES[code].reference


@by_code
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_what_a_rule_finds_is_told_without_a_hole(code, spoken):
    with language(spoken):
        for _, finding in shown(code):
            tree = plain(finding)
            sentences = f"{tree['title']} {tree['why']} {tree['remedy']}".replace("  ", " ")
            assert not HOLE.search(f"{sentences} {tree['cause']}"), sentences
            assert json.dumps(finite(tree), allow_nan=False)
            assert str(finding).startswith(str(finding.title))


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("shows", EXAMPLES, ids=lambda shows: f"{shows[0]}-{shows[1]}")
def test_all_that_follows_from_a_finding_is_told_without_a_hole(shows, spoken):
    example = EXAMPLES[shows]
    diagnosed = diagnose(example.study, example.runs)
    records = Records({key: each.record for key, each in example.runs.items()})
    with language(spoken):
        told = [
            str(each)
            for each in remarks(example.study, example.runs, diagnosed, comparisons(example.study, records))
        ]
        told += [f"{each.do} {each.keep} {each.expect}" for each in advice(example.study, diagnosed)]
        for code in {each.code for each in diagnosed.findings}:
            made = ablations(example.study, diagnosed, only=example.study.variants, code=code)
            told += [f"{each.title} {each.cause} {each.change} {each.expect}" for each in made]
    for words in told:
        assert not HOLE.search(words), words


def test_catalogue_docs_and_examples_have_no_finding_more():
    assert {code for code, _ in documented()} == RULES.keys()
    assert {code for code, _ in EXAMPLES} == RULES.keys()
    declared = {sentence for rule in RULES.values() for sentence in needed(rule)}
    for spoken in LANGUAGES:
        for domain in DOCS:
            parts = [code.split(".") for code in codes(domain, spoken) if code.count(".") == 2]
            assert {code for _, code, _ in parts} == {r.code for r in RULES.values() if r.domain == domain}
            assert {part for _, _, part in parts} == {"title", "why", "cause", "remedy"}
        for sentence in (
            f"remarks.{word}{code}" for code in RULES for word in ("", "compared-", "only-", "study-")
        ):
            assert (sentence in codes("remarks", spoken)) == (sentence in declared), sentence


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_only_what_is_about_pixels_speaks_of_images(spoken):
    words = {"en": r"\b(images?|pixels?)\b(?!\})", "vi": r"(?<!hình )\bảnh\b(?! hưởng)"}[spoken]
    every = (*RULES.values(), *DESIGN_RULES)
    for rule in (each for each in every if set(each.values) != {"pixels"}):
        with language(spoken):
            for part in ("title", "why"):
                sentence = sentences(rule.domain, spoken)[f"{rule.domain}.{rule.code}.{part}"]
                assert not re.search(words, re.sub(r"\{.*?\}", "", sentence), re.IGNORECASE), sentence


@by_code
def test_a_rule_says_of_what_data_it_is_and_is_silent_on_any_other(code):
    rule = RULES[code]
    assert set(rule.tasks) <= set(ALL_TASKS)
    assert set(rule.values) <= set(ALL_VALUES)
    example = next(example for (of_code, _), example in EXAMPLES.items() if of_code == code)
    facts = next(iter(example.runs.values())).configuration.facts
    assert rule.concerns(facts)
    for task in set(ALL_TASKS) - set(rule.tasks):
        assert not rule.concerns(facts.model_copy(update={"task": task}))


@pytest.mark.parametrize("observed", [regression(), regression(r2=flat(-0.5), val_r2=flat(-0.5))])
def test_no_rule_stumbles_over_a_regression(observed):
    told = set(facts(observed))
    assert told <= {"predicts-mean"}, told


def test_rules_name_codes_that_exist_and_each_code_once():
    assert len(RULES) == len(registered())
    for rule in RULES.values():
        if isinstance(rule, RunRule):
            assert rule.explains | rule.silences <= RULES.keys() - {rule.code}, rule.code
            assert rule.is_fatal == (rule.remark is Place.FAILURE)


def test_no_finding_follows_from_itself_by_way_of_others():
    causes = {rule.code: rule for rule in BUILT_IN if isinstance(rule, RunRule) and rule.explains}
    roots = {code: rule for code, rule in causes.items() if not rule.is_fatal}
    following = {code: [each for each in rule.explains if each in roots] for code, rule in roots.items()}
    assert list(TopologicalSorter(following).static_order())
