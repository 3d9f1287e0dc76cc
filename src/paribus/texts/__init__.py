"""Every sentence a person reads, by code, from gettext catalogues, in the language that is spoken.

A code is ``<domain>.<what>``: ``study.unknown-key`` stands in the domain ``study``, in
``locale/<language>/LC_MESSAGES/study.po``. ``make texts`` compiles the catalogues. What is kept on disk, or
printed for programs, is in English whatever the language: ``with language("en")``. What a sentence names, a
variant or a file, is made inert in it.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from numbers import Number
from pathlib import Path
from string import Formatter

from paribus.texts.inert import inert

LOCALES = Path(__file__).parent / "locale"
LANGUAGES = ("en", "vi")
VARIABLE = "PARIBUS_LANG"
"""The environment variable that names the language of a process and of those it starts."""

_MARKS: Mapping[str, Mapping[int, int]] = {"en": {}, "vi": str.maketrans(",.", ".,")}
"""What a language writes for the comma between thousands and the decimal point."""

_TIMES: Mapping[str, str] = {"en": "×", "vi": "·"}
"""What a language writes before a power of ten."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_spoken: ContextVar[str] = ContextVar("language", default="")


def current_language() -> str:
    """The language that is spoken: `language`'s, else that of the environment variable, else English.

    Raises:
        ValueError: The environment variable names none of `LANGUAGES`.
    """
    return _spoken.get() or _known(os.environ.get(VARIABLE) or LANGUAGES[0], VARIABLE)


@contextmanager
def language(name: str) -> Generator[None]:
    """Write every sentence in this language, as long as the context lasts.

    Raises:
        ValueError: There is no such language.

    Example:
        >>> with language("vi"):
        ...     text("study.faults", file="mine.yaml", count=2)
        'mine.yaml có 2 lỗi.'
    """
    before = _spoken.set(_known(name, "language"))
    try:
        yield
    finally:
        _spoken.reset(before)


def set_language(name: str) -> None:
    """Write every sentence of this process in this language, in all its threads; `language` goes before it.

    Raises:
        ValueError: There is no such language.
    """
    os.environ[VARIABLE] = _known(name, "set_language")


def _known(named: str, origin: str) -> str:
    if named in LANGUAGES:
        return named
    with language(LANGUAGES[0]):
        raise ValueError(text("run.unknown-language", origin=origin, given=named))


_added: dict[str, dict[str, str]] = {}


def add_sentences(language: str, sentences: Mapping[str, str]) -> None:
    """Add the sentences of another package; those of the catalogues go before them.

    Args:
        language: One of `LANGUAGES`; a language that is not known is passed over.
        sentences: By code.
    """
    _added.setdefault(language, {}).update(sentences)


def _sentence(code: str, language: str) -> str:
    found = _catalogue(code.partition(".")[0], language).gettext(code)
    if found != code:
        return found
    return _added.get(language, {}).get(code) or _added.get(LANGUAGES[0], {}).get(code, code)


@cache
def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    """A domain's sentences; those that a language lacks are in English."""
    return gettext.translation(domain, LOCALES, languages=[language, LANGUAGES[0]], fallback=True)


class _Sentence(Formatter):
    """Fills a sentence, its numbers written as the language writes them."""

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec == "cap":  # where a sentence begins with it
            words = inert(str(value))
            return words[:1].upper() + words[1:]
        return number(value, format_spec) if isinstance(value, Number) else inert(format(value, format_spec))


def text(code: str, /, **values: object) -> str:
    """The sentence with this code, filled with `values`.

    Args:
        code: ``<domain>.<what>``.
        values: What the sentence names, as in `str.format`, with ``:cap`` for a capital letter; ``count``
            chooses the plural form where there is one.

    Raises:
        KeyError: No sentence has this code, or one of the values it names is missing.

    Example:
        >>> text("study.faults", file="mine.yaml", count=2)
        'mine.yaml has 2 faults.'
    """
    count = values.get("count")
    sentence = code
    if isinstance(count, int):
        sentence = _catalogue(code.partition(".")[0], current_language()).ngettext(code, code, count)
    if sentence == code:
        sentence = _sentence(code, current_language())
    if sentence == code:
        raise KeyError(code)
    return _Sentence().vformat(sentence, (), values)


def number(value: object, spec: str = "") -> str:
    """A number as the language writes it.

    Args:
        value: The number, or its digits as Python writes them.
        spec: How many places, as in `format`; ``.2p`` writes a share as a percentage without its sign,
            ``.3gp`` one of three digits.
            Without it a number keeps Python's minus and exponent, since somebody may have typed it so.

    Example:
        >>> number(1234.5, ",.2f"), number(-0.5, ".1f")
        ('1,234.50', '−0.5')
        >>> number(0.0325, ".2p"), number(0.0325, ".1gp"), number(20400.0, ".3g")
        ('3.25', '3', '2.04×10⁴')
        >>> with language("vi"):
        ...     number(1234.5, ",.2f"), number("0.05")
        ('1.234,50', '0,05')
    """
    if spec.endswith("p") and isinstance(value, int | float):
        value, spec = 100 * value, spec[:-1] if spec.endswith("gp") else f"{spec[:-1]}f"
    words = format(value, spec).translate(_MARKS[current_language()])
    return _typeset(words) if spec and isinstance(value, Number) else words


def _typeset(digits: str) -> str:
    """Return digits with a minus in place of the hyphen, and with a power of ten in place of an exponent."""
    mantissa, e, exponent = digits.partition("e")
    if not (e and exponent):
        return digits.replace("-", "−")
    return power_of_ten(int(exponent), mantissa.replace("-", "−"))


def power_of_ten(exponent: int, factor: str = "") -> str:
    """A power of ten as the language writes it, behind its factor where there is one.

    Example:
        >>> power_of_ten(-2), power_of_ten(5, "1.5")
        ('10⁻²', '1.5×10⁵')
    """
    power = f"10{str(exponent).translate(_RAISED)}"
    return f"{factor}{_TIMES[current_language()]}{power}" if factor else power


def translated(sentence: str) -> str:
    """A sentence of what is built in, in the language that is spoken; any other as it is."""
    return _catalogue("builtin", current_language()).gettext(sentence) if sentence else ""


def has_text(code: str) -> bool:
    """Whether a sentence has this code.

    Example:
        >>> has_text("study.faults"), has_text("study.none-such")
        (True, False)
    """
    return _sentence(code, LANGUAGES[0]) != code


def suggestion(given: str, known: Iterable[str]) -> str:
    """`` Did you mean …?`` with the known word closest to what was given; empty where none is close.

    Example:
        >>> suggestion("adamm", ["sgd", "adam"])
        " Did you mean 'adam'?"
    """
    from difflib import get_close_matches

    close = get_close_matches(given, list(known), n=1)
    return text("run.did-you-mean", word=close[0]) if close else ""
