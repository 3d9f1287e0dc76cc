"""The text of a new study: a built-in one, or a small one to start from, with each key explained."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from importlib import resources

from paribus.errors import UsageError
from paribus.study import document, reference
from paribus.study.faults import KnownNames, format_value
from paribus.study.keys import KEYS, Group
from paribus.study.reader import builtin_names, builtin_text, from_text
from paribus.study.snippet import flow
from paribus.study.yaml_node import YamlNode
from paribus.texts import text

SCHEMA_FILE = "paribus.schema.json"
"""The file beside a study whose schema editors read."""
_WIDTH = 79


def starting_text(name: str, file: str, origin: str | None = None) -> str:
    """Return the text of a study to start from, in the language that is spoken.

    Args:
        name: What the study is to be called.
        file: What its file is to be called.
        origin: A built-in study; None for a small one on MNIST.

    Raises:
        UsageError: There is no such built-in study.

    Example:
        >>> starting_text("mine", "mine.yaml").splitlines()[0][:20]
        '# A study of Paribus'
    """
    if origin is None:
        source = resources.files("paribus.study").joinpath("start.yaml").read_text(encoding="utf-8")
    elif origin in builtin_names():
        source = builtin_text(origin).decode()
    else:
        known = KnownNames(origin, builtin_names())
        raise UsageError("new.unknown-from", given=format_value(origin), known=known)
    named = re.sub(r"(?m)^name: .*$", lambda _: f"name: {flow(name)}", source, count=1)
    how = "new.header-how" if from_text(named.encode(), file).has_image_sets else "new.header-how-own"
    return "\n".join([*_header(file, how), "", with_comments(named)])


def _header(file: str, how: str) -> Iterator[str]:
    yield from _comment(text("new.header-what"))
    yield from _comment(text(how, file=file))
    yield from _comment(text("new.header-keys"))
    yield from _comment(text("new.header-schema", schema=SCHEMA_FILE))
    yield f"# yaml-language-server: $schema={SCHEMA_FILE}"


def with_comments(source: str) -> str:
    """Return the text of a study with each key explained in a comment above the line of its first use.

    Args:
        source: The text; comments in it stay.
    """
    root, _ = document.read(source.encode())
    told: set[tuple[Group, str]] = set()
    above: dict[int, list[str]] = {}
    for group, name, line in _used(root, (Group.STUDY,)):
        if (group, name) not in told:
            told.add((group, name))
            about = reference.about(KEYS[group][name])
            above.setdefault(line, []).append(f"{name}: {about}")
    lines: list[str] = []
    for number, line in enumerate(source.splitlines(), 1):
        indent = line[: len(line) - len(line.lstrip())]
        for each in above.get(number, ()):
            lines += [indent + comment for comment in _comment(each, _WIDTH - len(indent))]
        lines.append(line)
    return "\n".join(lines) + "\n"


def _comment(words: str, width: int = _WIDTH) -> list[str]:
    return textwrap.wrap(words, width, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False)


def _used(written: YamlNode, groups: tuple[Group, ...]) -> Iterator[tuple[Group, str, int]]:
    """Yield every key of a study's text, with its group and line, in the order of the text."""
    for item in written.items:
        yield from _used(item, groups)
    for name, below in written.branches.items():
        key = next((KEYS[group][name] for group in groups if name in KEYS[group]), None)
        if key is None:
            continue
        yield key.group, name, below.line or 1
        inner = reference.inside(key)
        if not inner:
            continue
        within = (Group.VARIANTS, Group.BASE) if name == Group.VARIANTS else (inner[0].group,)
        named = name in (Group.VARIANTS, Group.PUBLISHED)
        for each in below.branches.values() if named else [below]:
            yield from _used(each, within)
