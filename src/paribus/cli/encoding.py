"""Output on terminals that cannot show every character: the nearest that they can, never an error."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

_HANDLER = "paribus.nearest"
_NEAREST = {
    "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≈": "~",
    "±": "+/-", "×": "x", "·": ".", "•": "*", "“": '"', "”": '"', "‘": "'", "’": "'", "«": '"', "»": '"',
    "✓": "ok", "✗": "!!", "✕": "x", "√": "sqrt ", "λ": "lambda", "η": "eta", "μ": "mu", "σ": "sigma",
    "Σ": "sum", "ε": "epsilon",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ρ": "rho", "đ": "d", "Đ": "D", "ł": "l", "ø": "o",
    "↓": "v", "↑": "^", "ᵀ": "T", "∞": "inf", "‖": "|", "⌈": "", "⌉": "", "∑": "sum", "¼": "1/4", "½": "1/2",
    "━": "-", "─": "-", "╸": "-", "╺": "-", "│": "|", "┃": "|",
}  # fmt: skip


def nearest(letter: str, encoding: str) -> str:
    """Return what stands for a character that an encoding lacks; a question mark where nothing is near.

    Example:
        >>> [nearest(letter, "ascii") for letter in "–ế→漢"]
        ['-', 'e', '->', '?']
    """
    found = _NEAREST.get(letter) or "".join(
        part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)
    )
    if found == letter and letter not in _NEAREST:
        return "?"
    try:
        found.encode(encoding)
    except UnicodeEncodeError:
        return "?" if len(found) == 1 else "".join(nearest(part, encoding) for part in found)
    return found


def tolerate_narrow_encodings() -> None:
    """Have standard output and error write the nearest character where theirs has none for it.

    UTF-8 has none for the bytes of a file's name that is not text.
    """
    codecs.register_error(_HANDLER, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(nearest(letter, error.encoding) for letter in lacking), error.end
