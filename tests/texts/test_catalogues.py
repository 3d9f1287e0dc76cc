"""The catalogues are complete in every language: the same sentences, naming the same things."""

from string import Formatter

import pytest
from babel.messages.pofile import read_po

from paribus import texts
from paribus.data.catalogue import CATALOGUE
from paribus.study.reader import builtin_names, from_text, load
from paribus.study.starting import starting_text
from paribus.texts import LANGUAGES, LOCALES, text, translated

OTHERS = LANGUAGES[1:]
ALIKE = {
    "cli.doctor.python",
    "cli.doctor.run",
    "cli.overview.difference-plain",
    "cli.overview.test",
    "cli.overview.validation",
    "comparison.factor-dropout",
    "comparison.factor-regularization",
    "comparison.name-average_precision",
    "comparison.name-log_loss",
    "comparison.name-loss",
    "comparison.name-mae",
    "comparison.name-mape",
    "comparison.name-mse",
    "comparison.name-r2",
    "comparison.name-rmse",
    "comparison.name-roc_auc",
    "finding.factor-dropout",
    "finding.factor-regularization",
    "imported.role-epoch",
    "imported.role-seed",
    "live.column-seed",
    "live.column-validation",
    "live.metric-loss",
    "live.metric-r2",
    "live.overview-epoch",
    "live.overview-validation",
    "live.script-point",
    "page.axis-epoch",
    "page.dot",
    "page.labels-average_precision",
    "page.labels-f1",
    "page.labels-precision",
    "page.labels-recall",
    "page.labels-roc_auc",
    "page.script-at-epoch",
    "page.script-of-runs",
    "page.seed",
    "page.worst-id",
    "report.axis-epoch",
    "report.axis-loss",
    "report.axis-r2",
    "report.column-seed",
    "report.column-validation",
    "report.line-runs",
    "report.panel-loss",
    "report.panel-r2",
    "run.at-epoch",
    "run.epoch-trained",
    "run.label",
    "study.label-batch_normalization",
    "study.label-batch_size",
    "study.label-patience",
    "study.label-regularizer",
    "terms.aa-test.words",
    "terms.bca.words",
    "terms.mcnemar.words",
    "terms.wilson.words",
    "trackers.mlflow",
    "trackers.tensorboard",
    "trackers.wandb",
}
"""Words that are the field's in every language."""


def domains(language):
    return {path.stem: path for path in (LOCALES / language / "LC_MESSAGES").glob("*.po")}


def sentences(language, domain):
    """Every code of a domain, with its sentence, or with its forms where it counts."""
    with domains(language)[domain].open("rb") as file:
        catalogue = read_po(file)
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            message.string if isinstance(message.string, tuple) else (message.string,)
        )
        for message in catalogue
        if message.id
    }


def named(forms):
    """What a sentence names, in whichever of its forms."""
    return {field for form in forms for _, field, _, _ in Formatter().parse(form) if field is not None}


def letters(sentence):
    """A sentence without what it names."""
    return [
        letter for literal, _, _, _ in Formatter().parse(sentence) for letter in literal if letter.isalpha()
    ]


BOTH = [(language, domain) for language in OTHERS for domain in sorted(domains("en"))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_stands_twice_in_a_catalogue(language):
    for domain, path in domains(language).items():  # Babel would read the second as the first
        codes = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("msgid ")]
        assert sorted(set(codes)) == sorted(codes), domain


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_domains(language):
    assert domains(language).keys() == domains("en").keys()


@pytest.mark.parametrize(("language", "domain"), BOTH)
def test_every_sentence_is_there_and_none_that_nobody_says(language, domain):
    assert sentences(language, domain).keys() == sentences("en", domain).keys()


@pytest.mark.parametrize(("language", "domain"), BOTH)
def test_a_sentence_names_the_same_in_every_language(language, domain):
    told, english = sentences(language, domain), sentences("en", domain)
    assert {code: named(told[code]) for code in english} == {code: named(english[code]) for code in english}


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_sentence_is_left_by_accident(language):
    same: set[str] = set()
    for domain in domains("en"):
        told, english = sentences(language, domain), sentences("en", domain)
        same |= {code for code, forms in english.items() if forms[-1:] == told[code] and letters(forms[-1])}
    assert same == ALIKE


@pytest.mark.parametrize(("language", "domain"), BOTH)
def test_a_sentence_keeps_its_lines_and_what_is_typed_as_it_stands(language, domain):
    told, english = sentences(language, domain), sentences("en", domain)
    for code, forms in english.items():
        assert {form.count("\n") for form in told[code]} == {form.count("\n") for form in forms}, code
        typed = {word.strip(".,;:()[]'") for word in forms[-1].split() if word.startswith("--")}
        assert all(word in told[code][0] for word in typed), code


@pytest.mark.parametrize(("language", "domain"), BOTH)
def test_every_sentence_can_be_told(language, domain):
    if domain == "builtin":
        return
    with texts.language(language):
        for code, forms in sentences("en", domain).items():
            values = dict.fromkeys(named(forms), 2)
            assert text(code, **{**values, "count": 2}), code


def test_vietnamese_does_not_bend_a_word_by_its_number():
    for domain, path in domains("vi").items():
        with path.open("rb") as file:
            assert read_po(file).num_plurals == 1, domain


NAMES = (
    "RMSprop",
    "dropout 0.5",
    "Adam",
    "batch 8",
    "LSTM",
    "GRU",
    "SimpleRNN",
    "CIFAR-10",
)
"""Labels that are the same in every language."""


def test_what_is_built_in_is_told_in_every_language():
    studies = [
        *map(load, builtin_names()),
        from_text(starting_text("mine", "mine.yaml").encode(), "mine.yaml"),
    ]
    notes = [each.note for study in studies for each in study.published.values() if each.note]
    licences = {entry.licence for entry in CATALOGUE.values()} - {"MIT", "CC BY-SA 3.0"}
    asked = {words for study in studies for each in study.questions for words in (each.title, each.ask)}
    labels = {each.label for study in studies for each in study.variants.values()}
    said = {*(study.title for study in studies), *asked, *labels, *notes, *licences} - {"", *NAMES}
    assert sentences("en", "builtin").keys() == said
    with texts.language("vi"):
        assert not [sentence for sentence in said if translated(sentence) == sentence]
        assert translated("Does it help my network?") == "Does it help my network?"
    assert {translated(sentence) for sentence in said} == said
