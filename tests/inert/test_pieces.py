"""What every format is made of, for any text at all."""

from __future__ import annotations

import ast
import csv
import html
import io
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.text import Text
from ruamel.yaml import YAML
from tests.inert.corpus import CORPUS, HIDDEN, hidden

from paribus.errors import UsageError
from paribus.report.escape import escape
from paribus.report.figures.sheet import Head, as_png, sheet, style
from paribus.report.markdown_text import escaped, fenced
from paribus.report.page.frame import embedded
from paribus.report.source import as_source, comment, literal
from paribus.study.snippet import flow
from paribus.texts import text
from paribus.texts.inert import escaped_hidden, inert, on_one_line
from paribus.texts.printable import Code, Grid, Heading, Lines, Paragraph, as_html, as_text
from paribus.workflow.screen import Screen
from paribus.workflow.tidy import as_csv

TRICKY = st.sampled_from([*CORPUS, *HIDDEN, "<", "&", "`", "$", "\\", '"', "'", "{", "=", "\n", "[", "_"])
ANY = (
    st.lists(TRICKY | st.text(max_size=8))
    .map("".join)
    .filter(lambda words: words.isascii() or _is_text(words))
)


def _is_text(words):
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


@given(ANY)
@example(HIDDEN)
def test_nothing_is_hidden_in_inert_words_and_what_can_be_seen_stays(words):
    assert not hidden(inert(words))
    assert not hidden(on_one_line(words), keep="")
    assert [each for each in words if each.isprintable() and each not in " \ufffd"] == [
        each for each in inert(words) if each not in " \n\ufffd"
    ]
    assert inert(inert(words)) == inert(words)


@given(ANY)
def test_sentences_and_errors_hide_nothing(words):
    assert not hidden(text("live.no-study", name=words))
    assert not hidden(str(UsageError("live.no-study", name=words)))


@given(ANY)
def test_source_and_json_have_every_name_as_it_is(words):
    for made in (literal(words), as_source({words: [words]})):
        assert not hidden(made)
        assert str(ast.literal_eval(made)) in (words, str({words: [words]}))
    tree = {words: [words]}
    assert json.loads(escaped_hidden(json.dumps(tree, ensure_ascii=False))) == tree
    assert json.loads(embedded(tree)) == tree
    assert not set(embedded(tree)) & set("<>&")
    assert all(line.startswith("# ") for line in comment(words).splitlines())


@given(ANY)
def test_a_snippet_of_yaml_is_read_back(words):
    words = words[:150]  # longer ones are no keys to YAML, nor names to a study
    written = flow({words: words})
    assert not hidden(written)
    assert YAML(typ="safe").load(written) == {words: words}


@given(ANY)
def test_html_has_words_alone(words):
    words = f"x{words}"
    assert html.unescape(str(escape(words))) == inert(words)
    blocks = (Heading(words), Paragraph(words, words), Lines([words]), Grid([words], [[words]]), Code(words))
    shown = as_html(blocks)
    assert shown.count("<") == as_html([type(each)(*_harmless(each)) for each in blocks]).count("<")
    assert not hidden(as_text(blocks))


def _harmless(block):
    return {"Paragraph": ("x", "x"), "Lines": (["x"],), "Grid": (["x"], [["x"]])}.get(
        type(block).__name__, ("x",)
    )


@given(ANY)
def test_markdown_has_words_alone(words):
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    (_, inline, _), *rest = [markdown.parse(f"so {escaped(words)}")]
    assert not rest
    assert {token.type for token in inline.children} <= {"text", "text_special"}
    assert "".join(token.content for token in inline.children) == f"so {on_one_line(words)}".rstrip()
    (block,) = markdown.parse(fenced(words))
    assert block.type == "fence"


@given(ANY)
def test_a_terminal_is_sent_no_sequence_but_ours(words):
    written = io.StringIO()
    screen = Screen(file=written, force_terminal=True, width=60, color_system="truecolor")
    screen.print(Text(f"x{words}", style="bold"))
    assert not hidden(re.sub(r"\x1b\[[\d;]*m", "", written.getvalue()))


@pytest.mark.parametrize("words", CORPUS)
def test_no_cell_of_a_table_is_a_formula(words):
    import pandas as pd

    written = as_csv(pd.DataFrame({words: [words]}))
    for separator in ",;":
        for row in csv.reader(io.StringIO(written), delimiter=separator):
            assert not [
                cell for cell in row if cell.lstrip(" \"'").startswith(tuple("=+-@＝")) and cell[0] != "'"
            ]


@pytest.mark.parametrize("words", ["$x_$", "$\\frac{1$ Is $5_ less than $6?", "a\x1b\u202e\0"])
def test_a_figure_draws_names_as_they_are(words):
    with style():
        drawn = sheet(Head(words, words, words, (words,), (words,)), 1, 1)
        drawn.axes[0].set_title(words)
    assert as_png(drawn.figure).startswith(b"\x89PNG")
