"""Serve the live pages, in the foreground or in a thread while a study trains."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from threading import Thread, get_native_id
from typing import TYPE_CHECKING

from paribus.errors import UsageError
from paribus.live import PORT
from paribus.live.state import study_folders
from paribus.live.watch import Watch

if TYPE_CHECKING:
    from uvicorn import Server

NICENESS = 10
"""How far what trains goes before the server."""
_EXIT_SECONDS = 1  # that open pages have when the server ends


@dataclass(frozen=True)
class Serving:
    """A server that is already listening."""

    server: Server
    listening: socket

    @property
    def address(self) -> str:
        """The address to type into a browser."""
        host, port = (str(part) for part in self.listening.getsockname()[:2])
        named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened at
        return f"http://[{named}]:{port}/" if ":" in named else f"http://{named}:{port}/"

    @property
    def is_open(self) -> bool:
        """Whether other machines may reach it."""
        return not ip_address(str(self.listening.getsockname()[0]).partition("%")[0]).is_loopback

    def run(self) -> None:
        """Serve until the server has to exit."""
        with self.listening:
            self.server.run([self.listening])


def prepare(folder: Path, *, host: str, port: int | None) -> Serving:
    """Open the socket, so that errors are raised before anything else begins.

    Args:
        folder: A study's folder, or one of many studies.
        host: An address of this machine.
        port: 0 for any free one; None for the usual one or, where that is taken, any free one.

    Raises:
        StoreError: There is no such folder.
        UsageError: The address cannot be used, or a package that the pages need is not installed.
    """
    try:
        from uvicorn import Config

        from paribus.live.limits import MAX_HEADERS, LimitedProtocol
        from paribus.live.server import PagesServer, application, listen
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "paribus":
            raise
        raise UsageError("live.not-installed", package=error.name) from error
    study_folders(folder)
    watch = Watch(folder)
    config = Config(
        application(watch, host),
        loop="asyncio",
        http=LimitedProtocol,
        h11_max_incomplete_event_size=MAX_HEADERS,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",  # what a client does wrong is not told on the terminal of a training
        server_header=False,
        timeout_graceful_shutdown=_EXIT_SECONDS,
    )
    try:
        listening = listen(host, PORT if port is None else port)
    except UsageError:
        if port is not None:
            raise
        listening = listen(host, 0)
    return Serving(PagesServer(config, watch), listening)


@contextmanager
def in_background(serving: Serving) -> Generator[None]:
    """Serve in a thread of this process for as long as the context lasts; what trains goes first."""

    def run() -> None:
        with suppress(OSError, AttributeError):  # threads have a priority of their own on Linux
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)
        serving.run()

    thread = Thread(target=run, name="live", daemon=True)
    thread.start()
    try:
        yield
    finally:
        serving.server.should_exit = True
        thread.join(_EXIT_SECONDS + 2)
