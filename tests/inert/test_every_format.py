"""Names that mean harm through every format: each shows them, none carries them out."""

from __future__ import annotations

import ast
import csv
import io
import json
import sys
import types
from html.parser import HTMLParser

import nbformat
import pytest
from markdown_it import MarkdownIt
from ruamel.yaml import YAML
from starlette.testclient import TestClient
from tests.inert.corpus import CORPUS, NAMES, hidden

from paribus.cli import main
from paribus.errors import StoreError, UnknownVariantError
from paribus.live.server import application
from paribus.live.watch import Watch
from paribus.report.keras_script import script
from paribus.report.own_source import own_source
from paribus.study.configuration import OwnTraining
from paribus.texts.inert import on_one_line
from paribus.workflow.progress.state import label
from paribus.workflow.tidy import as_csv, as_json, tidy


class Page(HTMLParser):
    """What a browser makes of a page: its elements, and its words outside of scripts."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.words, self._inside = [], [], None
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.words.append(data)

    def check(self, scripts):
        assert sum(tag == "script" for tag, _ in self.elements) == scripts
        assert not {tag for tag, _ in self.elements} & {"iframe", "object", "embed", "base", "form"}
        for tag, attrs in self.elements:
            assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
            for name in ("href", "src"):
                assert not (attrs.get(name) or "").lower().startswith(("javascript:", "http")), (tag, attrs)
            assert tag != "img" or attrs["src"].startswith("data:")
            assert tag != "link" or attrs["href"].startswith("data:")
        assert not hidden("".join(self.words), "\n\t")


def check_markdown(source, *, allowed=()):
    """A renderer that lets HTML through must find none, and no address but that of the report's files."""
    found = MarkdownIt("commonmark", {"html": True}).enable("table").parse(source)
    for block in found:
        assert block.type != "html_block" or block.content.strip().startswith(allowed), block.content
        for token in block.children or ():
            assert token.type != "html_inline", token.content
            assert token.type != "link_open" or "example.org" not in token.attrs["href"]
            assert token.type != "link_open" or not token.attrs["href"].startswith("javascript")
            assert token.type != "image" or token.attrs["src"].startswith("report-figures/")
    assert not hidden(source, "\n\t")


def is_number(cell):
    try:
        return float(cell) is not None
    except ValueError:
        return False


@pytest.fixture
def paribus(monkeypatch, capsys, tmp_path):
    """Call a command from an empty folder: what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["paribus", *map(str, arguments)])
        with pytest.raises(SystemExit):
            main()
        return capsys.readouterr()

    return call


@pytest.fixture(autouse=True)
def _nothing_is_carried_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / "hacked").exists()


def test_the_html_report(results, tmp_path):
    written = results.report(tmp_path / "report.html", author=CORPUS[2]).read_text()
    page = Page(written)
    page.check(scripts=4)
    words = on_one_line("".join(page.words))
    assert [name for name in NAMES if on_one_line(name) not in words] == []


@pytest.mark.slow
def test_the_markdown_report_and_its_figures(results, tmp_path):
    written = results.report(tmp_path / "report.md", author=CORPUS[2]).read_text()
    check_markdown(written)
    made = sorted((tmp_path / "report-figures").iterdir())
    assert len(made) >= 2 * len(NAMES)
    assert not hidden("".join(each.read_text() for each in made if each.suffix == ".svg"))


def test_the_notebook_runs_with_every_name_as_it_is(results, tmp_path, monkeypatch):
    book = nbformat.read(results.report(tmp_path / "report.ipynb", author=CORPUS[2]), as_version=4)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            check_markdown(cell.source, allowed=("<details>", "</details>"))
        for output in cell.get("outputs", ()):
            page = Page(output["data"].get("text/html", ""))
            page.check(scripts=0)
    asked = []

    class Found(dict):
        def __missing__(self, name):
            asked.append(name)
            return self

        def __getattr__(self, _):
            return lambda *given, **named: self

    found = Found()
    stub = types.ModuleType("paribus")
    stub.Study = lambda **given: given
    stub.run = lambda study, only, **_: asked.extend(only) or found
    stub.rerun = lambda *_, **__: types.SimpleNamespace(holds=True)
    monkeypatch.setitem(sys.modules, "paribus", stub)
    space = {}
    for cell in book.cells:
        if cell.cell_type == "code":
            assert not hidden(cell.source)
            exec(compile(cell.source, "cell", "exec"), space)
    assert set(asked) == set(NAMES)
    assert list(space["study"]["variants"]) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_keras_script(results, name):
    source = script(results.study, name)
    assert not hidden(source)
    plain = script(results.study.model_copy(update={"name": "mine", "title": ""}), NAMES[1])
    kinds = [[type(node) for node in ast.walk(ast.parse(each))] for each in (source, plain)]
    assert kinds[0] == kinds[1], "the same statements as with a harmless name"


@pytest.mark.parametrize("command", ["show", "diagnose", "verify", "doctor"])
def test_the_terminal(paribus, folder, command):
    details = () if command == "doctor" else ("--details", "all") if command == "show" else ("--details",)
    said = paribus(command, folder, *details)
    assert said.out
    assert not hidden(said.out + said.err)


@pytest.mark.parametrize("command", ["show", "diagnose", "verify"])
def test_json_for_programs(paribus, folder, command):
    said = paribus(command, folder, "--json")
    assert not hidden(said.out)
    found = json.dumps(json.loads(said.out), ensure_ascii=False)
    assert all(json.dumps(name, ensure_ascii=False)[1:-1] in found for name in NAMES)


@pytest.mark.parametrize("part", ["epochs", "runs"])
def test_csv(results, part):
    written = as_csv(getattr(tidy(results.records), part))
    assert not hidden(written)
    for separator in ",;":
        for row in csv.reader(io.StringIO(written), delimiter=separator):
            for cell in row:
                is_formula = cell.lstrip(" \"'").startswith(tuple("=+-@＝"))
                assert not is_formula or cell.startswith("'") or is_number(cell), cell


def test_exported_json(results):
    written = as_json(results.study.name, tidy(results.records))
    assert not hidden(written)
    assert {run["variant"] for run in json.loads(written)["runs"]} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_model_card(results, name):
    card = results.card(name, 0)
    _, front, body = card.split("---\n", 2)
    found = YAML(typ="safe").load(front)
    assert found["library_name"] == "keras"
    assert found["model-index"][0]["name"] == on_one_line(f"{CORPUS[0]}, {name}, seed 0")
    check_markdown(body)
    assert not hidden(front)


def test_errors(results, tmp_path):
    for name in CORPUS:
        with pytest.raises(UnknownVariantError) as unknown:
            results[f"{name}!"]
        assert not hidden(str(unknown.value))
        assert not hidden(str(StoreError("run.damaged", file=tmp_path / name)))


def test_what_prints_itself(results):
    for each in (results, results.study, results.comparisons(), results.diagnose(), results.verify()):
        assert not hidden(str(each))
        Page(each._repr_html_()).check(scripts=0)


def test_the_live_pages(folder):
    client = TestClient(application(Watch(folder.parent)), base_url="http://127.0.0.1:8642")
    index = client.get("/")
    page = Page(index.text)
    page.check(scripts=len([tag for tag, _ in page.elements if tag == "script"]))
    (address,) = {attrs["href"] for tag, attrs in page.elements if tag == "a" and "/study/" in str(attrs)}
    Page(client.get(address).text).check(scripts=4)
    parts = Watch(folder.parent)._read({folder.name})[0]
    assert {part for _, part in parts} > {"head", "table", "alerts"}
    assert not hidden("".join(parts.values()))


def test_progress_in_a_log(results):
    for record in results.records.values():
        assert not hidden(label(results.study, types.SimpleNamespace(spec=record.spec, names=NAMES)))


def test_a_command_is_one_comment_of_what_is_printed_of_a_training_of_ones_own(made):
    own = OwnTraining(
        file="train.sh", function="", sha256="0" * 64, command="sh train.sh\nos.mkdir('hacked')\u2028x"
    )
    configuration = made.configuration().model_copy(update={"train": own})
    study = made.study()
    variant = study.variants["plain"].model_copy(update={"configuration": configuration})
    study = study.model_copy(update={"variants": {"plain": variant}})
    source = own_source(study, "plain")
    assert ast.parse(source).body == []
    assert "# sh train.sh os.mkdir('hacked') x" in source
