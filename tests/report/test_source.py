from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.report.source import WIDTH, Call, Items, as_source, comment, literal, statement

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)
NAMES = st.from_regex(r"[a-z]{1,30}_?[a-z]{1,20}", fullmatch=True).filter(
    lambda name: not __import__("keyword").iskeyword(name)
)
NODES = st.recursive(
    PLAIN.map(literal),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda nodes: Items(tuple(nodes)))
        | st.builds(
            Call, NAMES, st.lists(inner, max_size=3).map(tuple), st.dictionaries(NAMES, inner, max_size=3)
        )
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_a_literal_is_the_value_again(value):
    assert ast.literal_eval(literal(value)) == value


@given(NODES)
def test_breaking_a_statement_into_lines_changes_nothing_of_what_it_says(node):
    long = statement("value = ", node)
    flat = statement("value = ", Items(())) if node == Items(()) else long.replace("\n", " ")
    assert ast.dump(ast.parse(long)) == ast.dump(ast.parse(flat))


def test_a_call_stays_on_one_line_as_long_as_it_fits():
    fitting = Call("f", ("x" * (WIDTH - 7),))
    assert statement("y = ", fitting) == f"y = f({'x' * (WIDTH - 7)})"
    assert "\n" in statement("y = ", Call("f", ("x" * (WIDTH - 6),)))


def test_arguments_move_to_one_line_of_their_own_before_each_gets_one():
    assert statement("y = ", Call("f", ("a" * 40, "b" * 42))) == f"y = f(\n    {'a' * 40}, {'b' * 42}\n)"
    assert (
        statement("y = ", Call("f", ("a" * 43, "b" * 42))) == f"y = f(\n    {'a' * 43},\n    {'b' * 42},\n)"
    )


@pytest.mark.parametrize(
    "name", ["a\nimport os", "a\r\nimport os", "a\x0cb\x00\u2028import os", '"""\nimport os\n"""']
)
def test_nothing_in_a_name_ends_a_comment(name):
    for line in comment(name).split("\n"):
        assert line.startswith("# ")
    assert ast.parse(comment(name)).body == []


def test_a_long_comment_is_broken_at_the_width():
    assert all(len(line) <= WIDTH for line in comment("word " * 50).split("\n"))


def test_a_tree_is_the_python_that_makes_it():
    deep = {"base": {"model": {"hidden": [784, 784], "activation": "relu"}, "loss": 'a "b"'}, "epochs": 3}
    found = as_source({"one": deep, "two": [deep, None, True, 1e-7], "empty": {}})
    assert ast.literal_eval(found) == {"one": deep, "two": [deep, None, True, 1e-7], "empty": {}}
    assert max(map(len, found.splitlines())) <= WIDTH
