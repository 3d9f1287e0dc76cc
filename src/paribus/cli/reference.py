"""`paribus help` and `paribus schema`: what a study file and terms mean, for people and for editors."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import typer

from paribus.cli import completion
from paribus.errors import UsageError
from paribus.report.terms import TERMS
from paribus.study.faults import KnownNames, format_value, printable_text
from paribus.study.keys import KEYS, Group
from paribus.study.reference import Row, Topic, find, rows_of
from paribus.study.schema import IDENTITY, schema_text
from paribus.texts import text

_WIDEST = 100


def overview(width: int) -> Iterator[str]:
    """Yield the lines that list every key, group by group.

    Args:
        width: Columns of the longest line.
    """
    for group in Group:
        yield text(f"reference.group-{group}")
        yield from _wrapped(text(f"reference.about-{group}"), width, "  ")
        yield from _rows(rows_of([*KEYS[group].values()]), width)
        yield ""
    yield from _wrapped(text("reference.page-null"), width)
    yield from _wrapped(text("reference.more"), width)


def explained(key: str, width: int) -> Iterator[str]:
    """Yield the lines that explain a key.

    Raises:
        UsageError: There is no such key.
    """
    for place, topic in enumerate(find(key)):
        if place:
            yield ""
        yield from _of_topic(topic, width)


def _of_topic(topic: Topic, width: int) -> Iterator[str]:
    yield f"{topic.name} ({topic.place})"
    if topic.about:
        yield from _wrapped(topic.about, width, "  ")
    longest = max(len(label) for label, _ in topic.facts)
    for label, said in topic.facts:
        yield from _wrapped(said, width, f"  {label:<{longest}}  ")
    if topic.rows:
        yield f"  {topic.rows_title}"
        yield from _rows(topic.rows, width)


def _rows(rows: list[Row] | tuple[Row, ...], width: int) -> Iterator[str]:
    longest = min(24, max(len(row.name) for row in rows))
    for row in rows:
        label = f"    {row.name:<{longest}}  "
        if len(row.name) > longest:
            yield label.rstrip()
            label = " " * (longest + 6)
        yield from _wrapped(f"{row.about} {row.default}", width, label)


def _wrapped(words: str, width: int, label: str = "") -> list[str]:
    """Return words below each other, to the right of a label."""
    space = " " * len(label)
    return textwrap.wrap(words, width, initial_indent=label, subsequent_indent=space, break_on_hyphens=False)


def columns() -> int:
    """Return how wide lines may be: as the terminal, but not too wide to read."""
    return min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)


def show_study_help(key: str | None) -> None:
    """Print every key of a study file, or one explained."""
    width = columns()
    lines = overview(width) if key is None else explained(key, width)
    sys.stdout.write("".join(f"{line}\n" for line in list(lines)))


def show_terms(*, alone: bool) -> None:
    """Print the terms of statistics, each with its explanation.

    Args:
        alone: Whether no key was given, which only `study` takes.

    Raises:
        UsageError: One was given.
    """
    if not alone:
        raise UsageError("reference.help.only-study")
    width = columns()
    for term in TERMS:
        sys.stdout.write(
            f"{term.name}\n" + "".join(f"{line}\n" for line in _wrapped(term.about, width, "  "))
        )


def show_markdown(context: typer.Context, topic: str | None, key: str | None) -> None:
    """Print all commands as Markdown, with the topic ``study`` the whole reference, with ``terms`` these.

    Raises:
        UsageError: A key or a command is given as well.
    """
    from paribus.cli.commands_page import commands_page
    from paribus.report import study_reference, terms

    if key is not None or topic not in (None, "study", "terms"):
        raise UsageError("reference.help.markdown-and-key")
    pages = {"study": study_reference.page, "terms": terms.page}
    sys.stdout.write(pages[topic]() if topic else commands_page(completion.commands(context)))


def show_command_help(context: typer.Context, topic: str | None, *, alone: bool) -> None:
    """Print the help of a command, or of the program where none is named.

    Args:
        context: That of the command `help`.
        topic: The command.
        alone: Whether no key was given, which only `study` takes.

    Raises:
        UsageError: There is no such command, or something is given that only `study` takes.
    """
    root = context.find_root()
    commands = completion.commands(context)
    if topic is None:
        typer.echo(root.get_help())
    elif topic not in commands:
        known = KnownNames(topic, ("study", "terms", *commands))
        given = format_value(topic)
        raise UsageError("reference.help.unknown-topic", given=given, known=known)
    elif not alone:
        raise UsageError("reference.help.only-study")
    else:
        with type(root)(commands[topic], info_name=topic, parent=root) as inner:
            typer.echo(inner.get_help())


def write_schema(file: Path | None) -> None:
    """Print the schema of study files, or write it; only an earlier one is replaced.

    Raises:
        UsageError: Something else has this name, or the file cannot be written.
    """
    if file is None:
        sys.stdout.write(schema_text())
        return
    named = printable_text(str(file))
    try:
        if file.exists() and not _is_ours(file):
            raise UsageError("reference.schema.exists", file=named)
        file.write_text(schema_text(), encoding="utf-8", newline="\n")
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError("reference.schema.not-written", file=named, problem=problem) from None
    typer.echo(text("new.written", file=named))


def _is_ours(file: Path) -> bool:
    with file.open(encoding="utf-8", errors="replace") as opened:
        return f'"$id": "{IDENTITY}"' in opened.read(400)
