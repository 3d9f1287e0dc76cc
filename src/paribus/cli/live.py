"""The live page, alone or in the background of a training."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

from paribus.cli.signals import Stopped
from paribus.live import HOST, serving
from paribus.record.store import Store
from paribus.texts import text


def serve(folder: Path, host: str, port: int) -> None:
    """Serve a folder's studies until Ctrl-C."""
    ready = serving.prepare(folder, host=host, port=port)
    if hasattr(os, "nice"):
        os.nice(serving.NICENESS)
    typer.echo(text("live.serving", folder=folder, address=ready.address))
    if ready.is_open:
        typer.echo(text("live.is-open"), err=True)
    with suppress(Stopped):
        ready.run()


@contextmanager
def in_background(folder: Path) -> Generator[None]:
    """Serve a study while the context lasts, and after it until Ctrl-C, unless it ends in an error."""
    Store(folder).make()
    ready = serving.prepare(folder, host=HOST, port=None)
    typer.echo(text("live.serving-too", address=ready.address), err=True)
    with serving.in_background(ready):
        yield
        typer.echo(text("live.still-serving", address=ready.address), err=True)
        with suppress(Stopped):
            while True:
                time.sleep(3600)
