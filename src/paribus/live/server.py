"""The server of the live pages: it reads and never writes, and serves only its own pages."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp
from uvicorn import Config, Server

from paribus.errors import ParibusError, StoreError, UsageError
from paribus.live import drawing
from paribus.live.guard import LOOPBACK, Guard
from paribus.live.reports import Reports
from paribus.live.state import StudyState, study_folders
from paribus.live.watch import INDEX, Watch
from paribus.texts import text


class Pages:
    """The response at each address."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._reports = Reports()

    async def index(self, _request: Request) -> Response:
        """Respond with the studies of the folder; with the study itself where the folder is one's."""
        studies = await asyncio.to_thread(self._watch.studies)
        if self._watch.is_one:
            return RedirectResponse(drawing.address(next(iter(studies))), 303)
        page, policy = drawing.index_page(studies, self._watch.folder)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def index_changes(self, request: Request) -> Response:
        """Stream how far each study is, as long as the page is open."""
        return _stream(request, self._watch, INDEX)

    async def study(self, request: Request) -> Response:
        """Respond with a study while it trains, with its report once it is complete."""
        key, now = await self._found(request)
        if now.phase == "complete":
            return RedirectResponse(f"{drawing.address(key)}report", 303)
        folder = study_folders(self._watch.folder)[key]
        full = await asyncio.to_thread(self._watch.in_full, key, now)
        page, policy = await asyncio.to_thread(drawing.study_page, key, now, folder, full)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def changes(self, request: Request) -> Response:
        """Stream what changes in a study, as long as the page is open."""
        key, _ = await self._found(request)
        return _stream(request, self._watch, key)

    async def report(self, request: Request) -> Response:
        """Respond with the report on a study as far as it has come."""
        key, now = await self._found(request)
        stands = (now.made, [(run.key, len(run.rows), run.status) for run in now.runs])
        folder = study_folders(self._watch.folder)[key]
        try:
            page = await self._reports.of(key, folder, stands, is_final=not now.training)
        except ParibusError as error:
            raise HTTPException(500, str(error)) from error
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
    if not host.strip():  # which would be every address
        raise UsageError("live.no-host")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError("live.cannot-listen", host=host, port=port, reason=reason or error) from error


def _stream(request: Request, watch: Watch, key: str) -> Response:
    if request.method == "HEAD":
        return Response(media_type="text/event-stream")
    return StreamingResponse(_events(watch, key), media_type="text/event-stream")


async def _events(watch: Watch, key: str) -> AsyncGenerator[str]:
    """Yield server-sent events: an object of parts each; a comment where nothing has changed."""
    async for changed in watch.follow(key):
        if changed:
            parts = ",".join(f"{json.dumps(name)}:{body}" for name, body in changed.items())
            yield f"data: {{{parts}}}\n\n"
        else:
            yield ": \n\n"
