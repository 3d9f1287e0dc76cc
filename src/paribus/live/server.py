"""The server of the live pages: it reads and never writes, and serves only its own pages."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import platform
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Config, Server

from paribus.errors import StoreError, UsageError
from paribus.live import drawing
from paribus.live.state import StudyState, study_folders
from paribus.live.watch import INDEX, Watch
from paribus.report.page import render as report
from paribus.texts import text
from paribus.workflow.results import load_results

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Pages:
    """The response at each address."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._reports: dict[str, tuple[object, str]] = {}
        self._writing = asyncio.Lock()

    async def index(self, _request: Request) -> Response:
        """Respond with the studies of the folder; with the study itself where the folder is one's."""
        studies = await asyncio.to_thread(self._watch.studies)
        if self._watch.is_one:
            return RedirectResponse(drawing.address(next(iter(studies))), 303)
        page, policy = drawing.index_page(studies, self._watch.folder)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def index_changes(self, _request: Request) -> Response:
        """Stream how far each study is, as long as the page is open."""
        return _stream(self._watch, INDEX)

    async def study(self, request: Request) -> Response:
        """Respond with a study while it trains, with its report once it is complete."""
        key, now = await self._found(request)
        if now.phase == "complete":
            return RedirectResponse(f"{drawing.address(key)}report", 303)
        folder = study_folders(self._watch.folder)[key]
        page, policy = await asyncio.to_thread(drawing.study_page, key, now, folder)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def changes(self, request: Request) -> Response:
        """Stream what changes in a study, as long as the page is open."""
        key, _ = await self._found(request)
        return _stream(self._watch, key)

    async def report(self, request: Request) -> Response:
        """Respond with the report on a study as far as it has come."""
        key, now = await self._found(request)
        stands = (now.made, [(run.key, len(run.rows), run.status) for run in now.runs])
        async with self._writing:  # pages that ask at the same time get the same one
            if self._reports.get(key, (None, ""))[0] != stands:
                folder = study_folders(self._watch.folder)[key]
                self._reports = {key: (stands, await asyncio.to_thread(_report, folder))}
            page = self._reports[key][1]
        # Its own policy stands in it.
        return HTMLResponse(page, headers={"Content-Security-Policy": "frame-ancestors 'none'"})

    async def _found(self, request: Request) -> tuple[str, StudyState]:
        key = request.path_params["key"]
        try:
            now = await asyncio.to_thread(self._watch.study, key)
        except StoreError as error:
            raise HTTPException(500, str(error)) from error
        if now is None:
            raise HTTPException(404, text("live.no-study", name=key))
        return key, now


class Guard:
    """Accepts only requests that one of our pages, or the address line, makes to this machine.

    A page of another site reaches a server on this machine too: by its address, which ``Origin`` names, or
    by a name of its own that it has made to mean this machine, which ``Host`` names.

    Args:
        app: What is guarded.
        host: The address that is listened at.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        host, origins = headers.get("host", ""), headers.getlist("origin")
        if not self.is_ours(host) or any(origin != f"http://{host}" for origin in origins):
            await PlainTextResponse(text("live.refused"), 403)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def is_ours(self, host: str) -> bool:
        """Return whether a ``Host`` means this machine whatever names others give it."""
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        name = name.strip("[]").lower()
        if name in LOOPBACK or name == self._host.lower():
            return True
        if self._host in LOOPBACK:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name == platform.node().lower()
        return True


class PagesServer(Server):
    """A server that ends at once: it lets the pages go that follow something, and does not wait for them."""

    def __init__(self, config: Config, watch: Watch) -> None:
        super().__init__(config)
        self._watch = watch

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        self._watch.end()
        await super().shutdown(sockets)


def application(watch: Watch, host: str = LOOPBACK[0]) -> ASGIApp:
    """Return the application that serves the pages of a folder, at the address `host`."""
    pages = Pages(watch)
    routes = [
        Route("/", pages.index),
        Route("/changes", pages.index_changes),
        Route("/study/{key}/", pages.study),
        Route("/study/{key}/changes", pages.changes),
        Route("/study/{key}/report", pages.report),
    ]
    return Guard(Starlette(routes=routes), host)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket to serve at.

    Raises:
        UsageError: It cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(
            "live.cannot-listen", host=host, port=port, reason=error.strerror or error
        ) from error


def _stream(watch: Watch, key: str) -> Response:
    return StreamingResponse(_events(watch, key), media_type="text/event-stream")


async def _events(watch: Watch, key: str) -> AsyncGenerator[str]:
    """Yield server-sent events: an object of parts each; a comment where nothing has changed."""
    async for changed in watch.follow(key):
        if changed:
            parts = ",".join(f"{json.dumps(name)}:{body}" for name, body in changed.items())
            yield f"data: {{{parts}}}\n\n"
        else:
            yield ": \n\n"


def _report(folder: Path) -> str:
    return report.page(load_results(folder).material())
