"""Which requests are answered: those that our pages, or somebody at the address line, make."""

from __future__ import annotations

import ipaddress
import platform

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paribus.texts import text

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_METHODS = ("GET", "HEAD")


class Guard:
    """Accepts only requests that one of our pages, or the address line, makes to this machine.

    A page of another site reaches a server on this machine too: by its address, which ``Origin`` or
    ``Sec-Fetch-Site`` names, or by a name of its own that it has made to mean this machine, which ``Host``
    names. It may link to a page of ours, and ask for nothing else.

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
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.is_ours(hosts[0]) or _is_of_another_site(headers, hosts[0]):
            await PlainTextResponse(text("live.refused"), 403)(scope, receive, guarded)
        elif scope["method"] not in _METHODS:
            allowed = {"Allow": ", ".join(_METHODS)}
            await PlainTextResponse(text("live.refused"), 405, allowed)(scope, receive, guarded)
        else:
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


def _is_of_another_site(headers: Headers, host: str) -> bool:
    if any(origin != f"http://{host}" for origin in headers.getlist("origin")):
        return True
    sites = headers.getlist("sec-fetch-site")
    follows_link = headers.getlist("sec-fetch-mode") == ["navigate"]
    is_page = headers.getlist("sec-fetch-dest") == ["document"]
    return any(site not in ("same-origin", "none") for site in sites) and not (follows_link and is_page)
