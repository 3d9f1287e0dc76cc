"""Names and texts of others made inert: nothing in them acts on a terminal, turns a line around or hides.

What lies between quotes is another matter: HTML, Markdown and source have escapes of their own. These two
functions come before them, or after.
"""

from __future__ import annotations

import json
import unicodedata

_BLANKS = "\t\n\v\f\r"
_HIDDEN = "\N{REPLACEMENT CHARACTER}"


def inert(words: str, keep: str = "\n", blank: str = " ") -> str:
    """Return words whose every character can be seen.

    Control characters, with which escape sequences begin, marks of direction, characters without width and
    halves of characters become the replacement character; tabs, ends of lines and other spaces a space.

    Args:
        words: From anywhere.
        keep: Characters that stay although they cannot be seen.
        blank: What stands for spaces that are not plain ones.

    Example:
        >>> inert("one\\ttwo\\x1b[1m\\u202e"), inert("tốc độ học − 5 %")
        ('one two�[1m�', 'tốc độ học − 5 %')
    """
    if words.isprintable():
        return words
    return "".join(each if each.isprintable() or each in keep else _shown(each, blank) for each in words)


def on_one_line(words: str) -> str:
    """Return words whose every character can be seen, on one line.

    Example:
        >>> on_one_line("one\\n  two\\x00")
        'one two�'
    """
    return " ".join(inert(words, keep="").split())


def escaped_hidden(source: str, *, python: bool = False) -> str:
    """Return JSON or a literal of Python in which characters that cannot be seen are written as escapes.

    Outside of strings neither has such characters but ends of lines, which stay.

    Args:
        source: Its strings are in quotes, and not raw.
        python: Whether it is Python's.

    Example:
        >>> escaped_hidden('"a\\u202eb\\x9b"')
        '"a\\\\u202eb\\\\u009b"'
    """
    if source.isprintable():
        return source
    return "".join(each if each.isprintable() or each == "\n" else _escape(each, python) for each in source)


def _shown(letter: str, blank: str) -> str:
    return blank if letter in _BLANKS or unicodedata.category(letter).startswith("Z") else _HIDDEN


def _escape(letter: str, python: bool) -> str:
    if ord(letter) < 2**16:
        return f"\\u{ord(letter):04x}"
    return f"\\U{ord(letter):08x}" if python else json.dumps(letter).strip('"')
