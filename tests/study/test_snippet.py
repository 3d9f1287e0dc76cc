"""Variants as YAML, to be pasted into a study file."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from paribus.study.snippet import WIDTH, snippet

WORDS = st.text("abcdef_", min_size=1, max_size=20)
VALUES = st.recursive(
    st.integers()
    | st.booleans()
    | st.text(string.printable[:95], max_size=20)
    | st.lists(st.integers(), max_size=3),
    lambda inner: st.dictionaries(WORDS, inner, min_size=1, max_size=4),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(WORDS, VALUES, max_size=4), st.text("abc-19", min_size=1, max_size=40))
def test_what_is_pasted_is_what_was_meant(changes, name):
    read = YAML(typ="safe").load(snippet(name, "1", changes))
    assert read["variants"] == {name: {"from": "1", **changes}}
    assert read["questions"] == [{"treatment": name, "reference": "1"}]


def test_a_mapping_too_long_for_a_line_has_a_line_for_each_setting():
    told = snippet(
        "3a-glorot",
        "3a",
        {"layers": {"hidden_1": {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}}},
    )
    settings = told.partition("    layers:\n")[2].splitlines()[:3]
    indent = " " * 8
    lines = [
        "      hidden_1:",
        f"{indent}kernel_initializer: glorot_uniform",
        f"{indent}bias_initializer: zeros",
    ]
    assert settings == lines
    assert max(map(len, told.split("\n"))) <= WIDTH


def test_a_short_mapping_keeps_its_line():
    assert "    early_stopping: {monitor: val_data_loss}" in snippet(
        "6-b", "6", {"early_stopping": {"monitor": "val_data_loss"}}
    )


@pytest.mark.parametrize("word", ["True", "NULL", "Yes", "off"])
def test_a_word_that_yaml_reads_as_something_else_is_quoted(word):
    assert f'    output: "{word}"' in snippet("v", "1", {"output": word})
