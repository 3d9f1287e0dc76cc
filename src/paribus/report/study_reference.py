"""The reference of study files as a page of Markdown: docs/study.md is what this returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paribus.report.markdown_text import escaped
from paribus.study.keys import KEYS, Group, Part
from paribus.study.reference import Row, Topic, find_argument, of_key, of_technique
from paribus.study.techniques import Kind, entry, names
from paribus.texts import text


def page() -> str:
    """Return the page, in the language that is spoken.

    Example:
        >>> page().splitlines()[0]
        '# Study file reference'
    """
    return "\n\n".join(_paragraphs()) + "\n"


def _paragraphs() -> Iterator[str]:
    yield f"# {text('reference.page-title')}"
    yield text("reference.page-about")
    yield text("reference.page-null")
    for group in Group:
        yield f"## {text(f'reference.group-{group}')}"
        yield text(f"reference.about-{group}")
        for key in KEYS[group].values():
            topic = of_key(key)
            yield f"### `{topic.name}`"
            yield escaped(topic.about)
            yield "\n".join(_facts(topic, plain=isinstance(key.domain, Part)))
    yield f"## {text('reference.page-techniques')}"
    yield text("reference.page-techniques-about")
    for kind in Kind:
        yield from _of_kind(kind)


def _facts(topic: Topic, *, plain: bool) -> Iterator[str]:
    """Yield a line for each fact; the last, the example, is code."""
    for label, said in topic.facts[:-1]:
        yield f"- {label}: {_code_names(said) if plain else escaped(said)}"
    label, example = topic.facts[-1]
    yield f"- {label}: `{example}`"


def _code_names(said: str) -> str:
    head, colon, listed = said.partition(": ")
    return (
        f"{head}{colon}" + ", ".join(f"`{name}`" for name in listed.split(", ")) if colon else escaped(said)
    )


def _of_kind(kind: Kind) -> Iterator[str]:
    yield f"### {text(f'reference.kind-{kind}')}"
    if kind is Kind.LAYER:
        yield escaped(text("reference.page-layers"))
    techniques = [of_technique(entry(kind, name)) for name in names(kind)]
    if not any(topic.rows for topic in techniques):
        yield ", ".join(f"`{topic.name}`" for topic in techniques)
        return
    headings = [text(f"reference.label-{each}") for each in ("name", "arguments", "source")]
    source = text("reference.label-source")
    rows = [
        [f"`{topic.name}`", _arguments(topic.rows), escaped(dict(topic.facts).get(source, ""))]
        for topic in techniques
    ]
    yield _table(headings, rows)
    arguments = sorted({row.name for topic in techniques for row in topic.rows})
    headings = [text(f"reference.label-{each}") for each in ("argument", "meaning", "allowed")]
    allowed = text("reference.label-allowed")
    yield _table(
        headings,
        [
            [f"`{name}`", escaped(topic.about), escaped(dict(topic.facts)[allowed])]
            for name in arguments
            for topic in find_argument(name, kind)
        ],
    )


def _arguments(rows: Sequence[Row]) -> str:
    return ", ".join(f"`{row.name}` {row.value}".rstrip() for row in rows) or "–"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
