"""All commands as a page of Markdown, from their own help: docs/commands.md is what this returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from paribus.report.markdown_text import escaped
from paribus.texts import text


def commands_page(commands: Mapping[str, Any]) -> str:
    """Return the page, in the language that help is in.

    Args:
        commands: Typer's commands by name.
    """
    head = [f"# {text('reference.commands-title')}", text("reference.commands-about")]
    return "\n\n".join([*head, *_sections("paribus", commands)]) + "\n"


def _sections(program: str, commands: Mapping[str, Any]) -> Iterator[str]:
    for name, command in commands.items():
        called = f"{program} {name}"
        inner: Mapping[str, Any] = getattr(command, "commands", {})
        if inner:
            yield from _sections(called, inner)
            continue
        yield f"## `{called}`"
        yield "\n\n".join(escaped(part) for part in str(command.help).split("\n\n"))
        rows = [f"| `{_usage(each)}` | {escaped(each.help or '')} |" for each in command.params]
        if rows:
            headings = (text("reference.label-argument"), text("reference.label-meaning"))
            yield "\n".join([f"| {' | '.join(headings)} |", "| --- | --- |", *rows])
        yield escaped(command.epilog)


def _usage(parameter: Any) -> str:
    """Return an argument's name, or an option as it is typed."""
    metavar = str(parameter.metavar or "").replace("|", "/")  # a bar would end the table's cell
    if not parameter.opts[0].startswith("-"):
        return metavar
    value = f" {metavar}" if metavar else ""
    return f"{parameter.opts[0]}{value}"
