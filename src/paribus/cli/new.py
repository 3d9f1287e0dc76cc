"""`paribus new`: what a user may do with the study file that was written."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

from paribus.texts import text


def show_next(file: Path) -> None:
    """Print which file was written, and the commands that come next."""
    from paribus.study.reader import load

    typer.echo(text("new.written", file=file))
    typer.echo(text("new.next"))
    named = shlex.quote(str(file))
    on_images = {
        f"paribus run {named} --embedded": "new.next-embedded",
        f"paribus run {named}": "new.next-run",
    }
    steps = {
        f"paribus review {named}": "new.next-review",
        **(on_images if load(file).has_image_sets else {f"paribus run {named}": "new.next-run-own"}),
        "paribus help study": "new.next-help",
    }
    longest = max(map(len, steps))
    for command, code in steps.items():
        typer.echo(f"  {command:<{longest}}  {text(code)}")
