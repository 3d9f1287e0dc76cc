"""Words as HTML and SVG show them."""

from __future__ import annotations

import markupsafe
from markupsafe import Markup

from paribus.texts.inert import inert


def escape(words: object) -> Markup:
    """Return words that are inert, without markup; what is markup already stays.

    Example:
        >>> escape("a<b>\\u202e")
        Markup('a&lt;b&gt;�')
    """
    return words if isinstance(words, Markup) else markupsafe.escape(inert(str(words)))
