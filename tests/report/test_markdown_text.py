from __future__ import annotations

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from paribus.report.markdown_text import FileNames, escaped, fenced


@given(st.text())
def test_escaped_words_are_one_line_without_html_or_a_cells_end(words):
    shown = escaped(words)
    assert "\n" not in shown
    assert "\r" not in shown
    assert "<" not in shown
    assert not re.search(r"(?<!\\)(\\\\)*\|", shown)


@given(st.text("`ab\n"))
def test_a_fence_is_longer_than_any_backticks_in_it(words):
    first, *inner, last = fenced(words).split("\n")
    fence = first.removesuffix("text")
    assert last == fence
    assert not any(line.strip().startswith(fence) for line in inner)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80) | st.sampled_from(
    ["con", "NUL", "aux.txt", "..", ".", "a/b", "A/B", "a", "A", "COM1", "x.", "../x", "4b-l2"]
)


@given(st.lists(NAMES, max_size=8))
def test_file_names_are_safe_everywhere_and_never_alike(names):
    made = FileNames()
    given_names = [made.of(name) for name in names]
    allowed = set(string.ascii_letters + string.digits + "._-")
    for name in given_names:
        assert set(name) <= allowed
        assert name[0] not in ".-"
        assert name[-1] != "."
        assert name.split(".")[0].casefold() not in {"con", "nul", "aux", "com1"}
    assert len({name.casefold() for name in given_names}) == len(names)
