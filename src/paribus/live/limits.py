"""What clients may take of the server: so many connections, short headers, and no waiting forever."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 512
"""Connections at once; those that come beyond are closed."""
MAX_HEADERS = 16 * 2**10
"""Bytes of a request's headers."""
PATIENCE = 30.0
"""Seconds after which a connection is closed that sends no request, or takes nothing of what it is sent."""


class LimitedProtocol(H11Protocol):
    """HTTP whose connections end when nothing comes of them.

    A browser that sleeps and a client that sends a header a minute both keep a connection open; a page's
    stream is not one of these, since it has been asked for and takes what it is sent.
    """

    _check: asyncio.TimerHandle | None = None
    _seen: tuple[object, int] = (None, 0)

    # uvicorn narrows the type that asyncio declares, and so must this.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection, or close it where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
            return
        self._check = self.loop.call_later(PATIENCE, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a connection go."""
        if self._check is not None:
            self._check.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close the connection if nothing has come of it since the last time."""
        is_answering = self.cycle is not None and not self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]
        unsent = self.transport.get_write_buffer_size()
        before, unsent_before = self._seen
        is_stuck = unsent >= unsent_before > 0
        is_idle = not is_answering and not unsent and before is self.cycle
        if is_stuck or is_idle:
            self.transport.abort()
            return
        self._seen = self.cycle, unsent
        self._check = self.loop.call_later(PATIENCE, self._look)
