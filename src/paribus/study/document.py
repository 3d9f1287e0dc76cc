"""The text of a YAML file, read as nodes with their lines; no tags, no code, no surprises.

Numbers are read as a person means them: ``1e-4`` is one (YAML 1.1 asks for a dot); ``yes``, ``no``, ``on``
and ``off`` are words. Keys are always text, whatever they look like.
"""

from __future__ import annotations

import re
import warnings
from itertools import accumulate

from ruamel.yaml import YAML
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from paribus.errors import Fault
from paribus.study.configuration import Scalar
from paribus.study.faults import printable_text
from paribus.study.yaml_node import KeyPath, YamlNode

MAX_BYTES = 128 * 1024
"""Bytes of the longest study that is read."""
MAX_NODES = 20_000
"""Nodes of the largest study that is read, with every alias written out."""
MAX_DEPTH = 30
"""Levels of the most deeply nested study that is read."""
_MAX_BRACKETS = 100

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML counts them
_HALF = re.compile("[\ud800-\udfff]")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_STANDARD = "tag:yaml.org,2002:"
_TAGS = {f"!!{tag}" for tag in ("bool", "float", "int", "map", "null", "seq", "str", "timestamp", "value")}
_NULLS = {"", "~", "null", "Null", "NULL"}


class NotReadableError(Exception):
    """The text is no study at all; the error has the one fault that says why."""

    def __init__(self, code: str, line: int | None = None, path: KeyPath = (), /, **values: object) -> None:
        self.fault = Fault(f"study.{code}", path, values, line)
        super().__init__(code)


def read(data: bytes) -> tuple[YamlNode, list[Fault]]:
    """Return the nodes of one YAML document.

    Returns:
        Its root, a mapping, and the faults with which it can still be read, such as a key given twice.

    Raises:
        NotReadableError: It is too long, not text, not YAML, empty, several documents or no mapping.
    """
    if len(data) > MAX_BYTES:
        raise NotReadableError("too-long", kilobytes=MAX_BYTES // 1024)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadableError("not-text", data[: error.start].count(b"\n") + 1) from None
    if _depth(text) > _MAX_BRACKETS:
        raise NotReadableError("too-deep", deepest=MAX_DEPTH)
    node = _compose(text)
    if node is None:
        raise NotReadableError("empty")
    reader = _NodeReader()
    root = reader.read(node, ())
    if not isinstance(root.value, dict):
        raise NotReadableError("not-a-study", root.line)
    return root, reader.faults


def _compose(text: str) -> Node | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # an anchor used twice
            return YAML(typ="safe", pure=True).compose(text)
    except ComposerError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        if "single document" in str(error.context):
            raise NotReadableError("several-documents", line) from None
        raise NotReadableError("not-yaml", line, problem=printable_text(str(error.problem))) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        written = (_LINE_END.split(text)[line - 1 : line] if line else None) or [""]
        if "\t" in written[0][: _indent(written[0])]:
            raise NotReadableError("tab", line) from None
        raise NotReadableError("not-yaml", line, problem=printable_text(str(error.problem))) from None
    except RecursionError:
        raise NotReadableError("too-deep", deepest=MAX_DEPTH) from None
    except (YAMLError, ValueError, AssertionError, AttributeError, IndexError, KeyError, TypeError) as error:
        raise NotReadableError("not-yaml", problem=printable_text(str(error).partition("\n")[0])) from None


def _depth(text: str) -> int:
    """Return how many brackets are open at most; the parser takes long over hundreds."""
    steps = ((letter in "[{") - (letter in "]}") for letter in text)
    return max(accumulate(steps), default=0)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


class _NodeReader:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.count = 0
        self.open: set[int] = set()

    def read(self, node: Node, path: KeyPath) -> YamlNode:
        line = node.start_mark.line + 1
        self.count += 1
        if self.count > MAX_NODES:
            raise NotReadableError("too-many-pieces", line, most=MAX_NODES)
        if id(node) in self.open:
            raise NotReadableError("recursive", line, path)
        if len(path) > MAX_DEPTH:
            raise NotReadableError("too-deep", line, deepest=MAX_DEPTH)
        self._refuse_tags(node, path, line)
        if isinstance(node, ScalarNode):
            quoted = node.style is not None
            words = self._whole_letters(node.value, path, line)
            return YamlNode(words if quoted else _scalar(words), path, line, words)
        self.open.add(id(node))
        if isinstance(node, MappingNode):
            found = YamlNode(self._mapping(node, path), path, line)
        else:
            found = YamlNode(
                [self.read(each, (*path, place)) for place, each in enumerate(node.value)], path, line
            )
        self.open.discard(id(node))
        return found

    def _mapping(self, node: Node, path: KeyPath) -> dict[str, YamlNode]:
        branches: dict[str, YamlNode] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.faults.append(Fault("study.key-not-a-word", path, {}, line))
                continue
            name = self._whole_letters(key.value, path, line)
            if name in branches:
                first = branches[name].line
                self.faults.append(Fault("study.twice", (*path, name), {"first": first}, line))
                continue
            read = self.read(value, (*path, name))
            branches[name] = YamlNode(read.value, read.path, line, read.spelling)
        return branches

    def _whole_letters(self, words: str, path: KeyPath, line: int) -> str:
        """Return text with the halves of letters that JSON writes as two joined; half a letter is a fault."""
        if not _HALF.search(words):
            return words
        try:
            return words.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self.faults.append(Fault("study.half-letter", path, {}, line))
            return _HALF.sub("\N{REPLACEMENT CHARACTER}", words)

    def _refuse_tags(self, node: Node, path: KeyPath, line: int) -> None:
        tag = str(node.tag).replace(_STANDARD, "!!")
        if tag not in _TAGS:
            self.faults.append(Fault("study.tag", path, {"tag": tag}, line))


def _scalar(word: str) -> Scalar:
    if word in _NULLS:
        return None
    if word in _WORDS:
        return _WORDS[word]
    if len(word) < 300 and _WHOLE.fullmatch(word):
        return int(word)
    if len(word) < 300 and (_DECIMAL.fullmatch(word) or _SPECIAL.fullmatch(word)):
        return float(word.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return word
