"""YAML as text, or any text, to written pieces with their lines; no tags, no code, no surprises.

Numbers are read as a person means them: ``1e-4`` is one (YAML 1.1 asks for a dot), ``yes``, ``no``, ``on`` and
``off`` are words. Keys are always text, whatever they look like.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paribus.errors import Fault
from paribus.study.configuration import Scalar
from paribus.study.written import Path, Written

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

LARGEST = 256 * 1024
"""Bytes of the longest study that is read."""
MOST_PIECES = 20_000
"""Pieces of the largest study that is read, with every alias written out."""
DEEPEST = 30
"""Levels of the most deeply nested study that is read."""

_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = {"", "~", "null", "Null", "NULL"}


class NotReadable(Exception):
    """The text is no study at all; carries the one fault that says why."""

    def __init__(self, code: str, line: int | None = None, path: Path = (), /, **values: object) -> None:
        self.fault = Fault(f"study.{code}", path, values, line)
        super().__init__(code)


def read(data: bytes) -> tuple[Written, list[Fault]]:
    """The pieces of one YAML document.

    Args:
        data: The file's bytes.

    Returns:
        Its root, a mapping, and the faults that did not stop the reading, such as keys that stand twice.

    Raises:
        NotReadable: It is too long, not text, not YAML, empty, several documents or no mapping.
    """
    if len(data) > LARGEST:
        raise NotReadable("too-long", kilobytes=LARGEST // 1024)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable("not-text", data[: error.start].count(b"\n") + 1) from None
    node = _compose(text)
    if node is None:
        raise NotReadable("empty")
    reading = _Reading()
    root = reading.piece(node, ())
    if not isinstance(root.value, dict):
        raise NotReadable("not-a-study", root.line)
    return root, reading.faults


def _compose(text: str) -> Node | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import ComposerError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(text)
    except ComposerError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        if "single document" in str(error.context):
            raise NotReadable("several-documents", line) from None
        raise NotReadable("not-yaml", line, problem=str(error.problem)) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        lines = text.splitlines()
        if line is not None and line <= len(lines) and lines[line - 1][: _indent(lines[line - 1])].count("\t"):
            raise NotReadable("tab", line) from None
        raise NotReadable("not-yaml", line, problem=str(error.problem)) from None
    except RecursionError:
        raise NotReadable("too-deep", deepest=DEEPEST) from None
    except (YAMLError, ValueError, AssertionError, AttributeError, IndexError, KeyError, TypeError) as error:
        raise NotReadable("not-yaml", problem=str(error).partition("\n")[0]) from None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


class _Reading:
    """One walk over a document's nodes."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.pieces = 0
        self.open: set[int] = set()

    def piece(self, node: Node, path: Path) -> Written:
        line = node.start_mark.line + 1
        self.pieces += 1
        if self.pieces > MOST_PIECES:
            raise NotReadable("too-many-pieces", line, most=MOST_PIECES)
        if id(node) in self.open:
            raise NotReadable("recursive", line, path)
        if len(path) > DEEPEST:
            raise NotReadable("too-deep", line, deepest=DEEPEST)
        self._refuse_tags(node, path, line)
        if isinstance(node.value, str):
            quoted = node.style is not None
            return Written(node.value if quoted else _scalar(node.value), path, line, node.value)
        self.open.add(id(node))
        if node.id == "mapping":
            found = Written(self._mapping(node, path), path, line)
        else:
            found = Written([self.piece(each, (*path, place)) for place, each in enumerate(node.value)], path, line)
        self.open.discard(id(node))
        return found

    def _mapping(self, node: Node, path: Path) -> dict[str, Written]:
        branches: dict[str, Written] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key.value, str):
                self.faults.append(Fault("study.key-not-a-word", path, {}, line))
                continue
            if key.value in branches:
                first = branches[key.value].line
                self.faults.append(Fault("study.twice", (*path, key.value), {"first": first}, line))
                continue
            piece = self.piece(value, (*path, key.value))
            branches[key.value] = Written(piece.value, piece.path, line, piece.spelling)
        return branches

    def _refuse_tags(self, node: Node, path: Path, line: int) -> None:
        tag = str(node.tag)
        if not tag.startswith("tag:yaml.org,2002:") or "python" in tag:
            self.faults.append(Fault("study.tag", path, {"tag": tag.replace("tag:yaml.org,2002:", "!!")}, line))


def _scalar(word: str) -> Scalar:
    if word in _NULLS:
        return None
    if word in _WORDS:
        return _WORDS[word]
    if len(word) < 300 and _WHOLE.fullmatch(word):
        return int(word)
    if len(word) < 300 and (_DECIMAL.fullmatch(word) or _SPECIAL.fullmatch(word)):
        return float(word.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").replace(".nan", "nan").replace(".NaN", "nan").replace(".NAN", "nan"))
    return word
