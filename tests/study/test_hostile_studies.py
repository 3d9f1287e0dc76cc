"""Study files that anyone may have written are a study, or one message with its line."""

import os
import time
from pathlib import Path

import pytest

from paribus.errors import StudyError
from paribus.study import variant_changes
from paribus.study.reader import from_text, load

REST = b"""
data: mnist
base: {model: {hidden: [8]}, loss: categorical_crossentropy, optimizer: sgd, epochs: 1}
variants: {a: {}}
"""


def test_a_letter_that_json_writes_as_two_halves_is_one():
    assert from_text(b'title: "\\ud83d\\ude00"' + REST, "mine.yaml").title == "\N{GRINNING FACE}"


@pytest.mark.parametrize("key", ["title", "name"])
def test_half_a_letter_is_a_fault_with_its_line(key):
    with pytest.raises(StudyError, match=rf"mine\.yaml:1: {key}: This text has half of a letter"):
        from_text(key.encode() + b': "\\ud800"' + REST, "mine.yaml")


@pytest.mark.parametrize(
    "content",
    [b"a: [\r\r\r", b"a: 1\rb: 2\rc: [\r", b'a: "x\xc2\x85y"\nb: [\n', b"a: [\xe2\x80\xa8"],
    ids=repr,
)
def test_a_fault_behind_any_end_of_line_is_told(content):
    with pytest.raises(StudyError, match="This is not YAML"):
        from_text(content, "mine.yaml")


@pytest.mark.parametrize(
    "file", ["...yaml", "CON.yaml", "com1.yaml", "LPT9.b.yaml", "a?.yaml", "a\udcff.yaml"]
)
def test_a_file_whose_name_is_no_folders_needs_the_key(file):
    with pytest.raises(StudyError, match="Add the key `name`"):
        from_text(REST, file)
    assert from_text(b"name: mine\n" + REST, file).name == "mine"


def test_a_pipe_in_place_of_a_study_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "mine.yaml")
    with pytest.raises(StudyError, match="not an ordinary file"):
        load(Path(tmp_path, "mine.yaml"))


def test_names_of_many_variants_take_linear_time(monkeypatch):
    """The base that all variants start from is read once, and each label is made once."""
    read = []
    reader = variant_changes.SettingsReader
    monkeypatch.setattr(variant_changes, "SettingsReader", lambda *given: read.append(1) or reader(*given))
    variant_changes._start.cache_clear()
    variants = b"".join(b"  v%d: {epochs: %d}\n" % (place, place + 2) for place in range(200))
    study = from_text(REST.rpartition(b"variants")[0] + b"variants:\n" + variants, "mine.yaml")
    for _ in range(3):
        assert len(study.places) == 200
    assert len(read) == 1


def test_a_copy_of_a_study_forgets_the_names_of_the_old_one():
    study = from_text(REST, "mine.yaml")
    assert study.named("a") == "a · base"
    other = study.variants["a"].model_copy(update={"label": "other"})
    assert study.model_copy(update={"variants": {"a": other}}).named("a") == "a · other"


def test_a_network_of_many_layers_is_sized_once():
    from paribus.workflow.review import review

    layers = ", ".join(["8"] * 300)
    study = from_text(REST.replace(b"[8]", f"[{layers}]".encode()), "mine.yaml")
    start = time.process_time()
    review(study)
    assert time.process_time() - start < 10  # 30 s when every layer sized the whole network
