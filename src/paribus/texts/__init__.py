"""Every sentence a person reads, by code, from gettext catalogues.

A code is ``<domain>.<what>``: ``study.unknown-key`` stands in the domain ``study``, in
``locale/<language>/LC_MESSAGES/study.po``. ``make texts`` compiles the catalogues.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).parent / "locale"
LANGUAGE = "en"


@cache
def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    return gettext.translation(domain, LOCALES, languages=[language])


def text(code: str, /, **values: object) -> str:
    """The sentence with this code, filled with `values`.

    Args:
        code: ``<domain>.<what>``.
        values: What the sentence names, as in `str.format`; ``count`` chooses the plural form
            where there is one.

    Raises:
        KeyError: No sentence has this code, or one of the values it names is missing.

    Example:
        >>> text("study.faults", file="mine.yaml", count=2)
        'mine.yaml has 2 faults.'
    """
    catalogue = _catalogue(code.partition(".")[0], LANGUAGE)
    count = values.get("count")
    sentence = catalogue.ngettext(code, code, count) if isinstance(count, int) else code
    if sentence == code:
        sentence = catalogue.gettext(code)
    if sentence == code:
        raise KeyError(code)
    return sentence.format(**values)


def suggestion(given: str, known: Iterable[str]) -> str:
    """`` Did you mean …?`` with the known word closest to what was given; empty where none is close.

    Example:
        >>> suggestion("adamm", ["sgd", "adam"])
        " Did you mean 'adam'?"
    """
    from difflib import get_close_matches

    close = get_close_matches(given, list(known), n=1)
    return text("run.did-you-mean", word=close[0]) if close else ""
