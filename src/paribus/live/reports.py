"""The reports that the pages lead to: each is made once for all who ask, and not again too soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from paribus.report.page import render
from paribus.workflow.kept_report import of_page
from paribus.workflow.results import load_results

_KEPT = 4  # reports; one of a large study has some megabytes
_SHARE = 10  # a report of a study that trains is made again after ten times as long as it took


@dataclass(frozen=True)
class _Kept:
    stands: object
    page: bytes
    until: float


class Reports:
    """Makes reports one at a time, in a thread, and keeps the latest ones.

    Args:
        make: Makes the report on the study in a folder.
    """

    def __init__(self, make: Callable[[Path], str] | None = None) -> None:
        self._make = make or report
        self._kept: dict[str, _Kept] = {}
        self._making: dict[str, asyncio.Task[bytes]] = {}
        self._one = asyncio.Lock()

    async def of(self, key: str, folder: Path, stands: object, *, is_final: bool) -> bytes:
        """Return the report on a study; while it trains, one that may be a little older.

        Whoever asks while it is made waits for it, and it is made to its end if they go.

        Args:
            key: The study's.
            folder: The study's.
            stands: Changes whenever the report does.
            is_final: Whether nothing trains into the folder, so that none but the newest will do.
        """
        kept = self._kept.get(key)
        if kept is not None and (kept.stands == stands or (not is_final and time.monotonic() < kept.until)):
            return kept.page
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._made(key, folder, stands))
            making.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(making)

    async def _made(self, key: str, folder: Path, stands: object) -> bytes:
        async with self._one:
            begun = time.monotonic()
            page = (await asyncio.to_thread(self._make, folder)).encode(errors="replace")
            until = time.monotonic() + _SHARE * (time.monotonic() - begun)
        self._kept.pop(key, None)
        self._kept[key] = _Kept(stands, page, until)
        for oldest in list(self._kept)[:-_KEPT]:
            del self._kept[oldest]
        return page


def report(folder: Path) -> str:
    """Return the report on the study in a folder, as a page."""
    results = load_results(folder)
    return of_page(results, lambda: render.page(results.material()))
