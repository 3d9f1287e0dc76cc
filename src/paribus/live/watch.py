"""One reader of the folder for all pages: what has changed is put into words once and sent to each."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

from paribus.analysis.finding import Finding
from paribus.errors import StoreError
from paribus.live import curves, folding, overview, parts
from paribus.live.parts import Load
from paribus.live.state import StudyFolder, StudyState, study_folders
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.report.charts import chart_json
from paribus.texts import text
from paribus.texts.inert import inert
from paribus.workflow.diagnosis import diagnosis

INDEX = ""
"""In place of a study's key: the page with all studies."""

HEAD = "head"

_PAUSE = 1.0  # seconds between two looks at the folder, at least
_LONGEST = 10.0  # and at most
_SHARE = 200  # pauses are so many times as long as the work: reading costs 0.5% of a core, findings as much
_ALIVE = 15.0  # seconds after which a page that is sent nothing is asked whether it is still there

PartKey = tuple[str, str]
"""A study's key, and which part of its page."""


class Watch:
    """Follows the studies in a folder as long as a page is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages: Counter[str] = Counter()
        self._studies: dict[str, StudyFolder] = {}
        self._reading = Lock()
        self._parts: dict[PartKey, tuple[int, str]] = {}
        self._version = 0
        self._news = asyncio.Event()
        self._wanted = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._ended = False
        self._drawn: dict[PartKey, tuple[object, str]] = {}
        self._diagnosed: dict[str, tuple[object, float]] = {}
        self._last: dict[str, StudyState] = {}
        self._findings: dict[str, Mapping[str, tuple[Finding, ...]]] = {}
        self._full: dict[str, tuple[object, frozenset[str]]] = {}

    def studies(self) -> dict[str, StudyState | StoreError]:
        """Return the state of every study by its key, or the error where it cannot be read."""
        folders = study_folders(self.folder)
        for gone in self._studies.keys() - folders.keys():
            self._studies.pop(gone, None)
        return {key: self._state(key) for key in folders}

    @property
    def is_one(self) -> bool:
        """Whether the folder is a study's own, not one of many."""
        return self.folder in study_folders(self.folder).values()

    def study(self, key: str) -> StudyState | None:
        """Return the state of one study; None where there is none of that key.

        Raises:
            StoreError: It cannot be read.
        """
        if key not in study_folders(self.folder):
            return None
        found = self._state(key)
        if isinstance(found, StoreError):
            raise found
        return found

    def in_full(self, key: str, now: StudyState) -> frozenset[str]:
        """Return the variants that the study's pages show in full: the same as long as one is open."""
        runs, full = self._full.get(key, (None, frozenset[str]()))
        if runs != now.made or not self.pages[key]:
            full = frozenset(folding.in_full(now))
            self._full[key] = now.made, full
        return full

    async def follow(self, key: str) -> AsyncGenerator[dict[str, str]]:
        """Yield what has changed since the last time, part by part as JSON; everything at first.

        It yields nothing where nothing has changed for a while.
        """
        self.pages[key] += 1
        self._wanted.set()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        seen = 0
        try:
            while not self._ended:
                news = self._news
                changed = {
                    self._name(key, part): body
                    for part, (version, body) in self._parts.items()
                    if version > seen and self._is_of(key, part)
                }
                seen = self._version
                if changed:
                    yield changed
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), _ALIVE)
                    continue
                yield {}
        finally:
            self.pages[key] -= 1
            if not self.pages[key]:
                del self.pages[key]
                self._forget(key)

    def end(self) -> None:
        """Let every page go."""
        self._ended = True
        self._news.set()
        self._wanted.set()

    @staticmethod
    def _is_of(key: str, part: PartKey) -> bool:
        return part[1] == HEAD if key == INDEX else part[0] == key

    @staticmethod
    def _name(key: str, part: PartKey) -> str:
        return part[0] if key == INDEX else part[1]

    def _forget(self, key: str) -> None:
        """Forget the parts of a page that nobody watches; who opens it next gets all of them."""
        self._parts = {part: body for part, body in self._parts.items() if part[0] != key}

    async def _look(self) -> None:
        while self.pages.total() and not self._ended:
            self._wanted.clear()
            watched = {key for key in self.pages if self.pages[key]}
            found, spent = await asyncio.to_thread(self._read, watched)
            self._publish(found)
            # Findings take longer than curves, which do not wait for them.
            if anew := await asyncio.to_thread(self._diagnose_all, watched):
                self._publish({**found, **anew})
            with suppress(TimeoutError):
                pause = min(_LONGEST, max(_PAUSE, _SHARE * spent))
                await asyncio.wait_for(self._wanted.wait(), pause)
        self._parts = {}

    def _publish(self, found: Mapping[PartKey, str]) -> None:
        self._version += 1
        before = self._parts
        self._parts = {
            part: before[part] if part in before and before[part][1] == body else (self._version, body)
            for part, body in found.items()
        }
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _read(self, watched: set[str]) -> tuple[dict[PartKey, str], float]:
        """Return every part that some page shows, and the processor seconds that reading took."""
        begun = time.thread_time()
        load = _load()
        self._keep_only(watched)
        found: dict[PartKey, str] = {}
        with suppress(StoreError):
            for key, state in self.studies().items():
                try:
                    found |= self._parts_of(key, state, load, shown=key in watched)
                except Exception as error:
                    found |= self._parts_of(key, self._unreadable(key, error), load)
        return found, time.thread_time() - begun

    def _parts_of(
        self, key: str, state: StudyState | StoreError, load: Load, *, shown: bool = False
    ) -> dict[PartKey, str]:
        if isinstance(state, StoreError):
            about = {"phase": "damaged", "look": "damaged", "word": text("live.phase-damaged")}
            return {(key, HEAD): _json({**about, "about": str(state)})}
        found = {(key, HEAD): _json(parts.head(state, load, time.time()))}
        if shown:
            self._last[key] = state
            found |= {(key, name): body for name, body in self._page(key, state)}
        return found

    def _unreadable(self, key: str, error: Exception) -> StoreError:
        return StoreError("live.unreadable", folder=self.folder / key, error=type(error).__name__)

    def _keep_only(self, watched: set[str]) -> None:
        """Forget what is known of studies that no page shows any more."""
        self._drawn = {part: drawn for part, drawn in self._drawn.items() if part[0] in watched}
        for known in (self._last, self._findings, self._diagnosed, self._full):
            for key in known.keys() - watched:
                del known[key]

    def _page(self, key: str, now: StudyState) -> Iterator[tuple[str, str]]:
        def drawn(name: str, stands: object, draw: Callable[[], object]) -> tuple[str, str]:
            if self._drawn.get((key, name), (None, ""))[0] != stands:
                self._drawn[key, name] = stands, _json(draw())
            return name, self._drawn[key, name][1]

        everything = [(run.key, len(run.rows), run.status) for run in now.runs]
        full = self.in_full(key, now)
        lines = {run.key for run in folding.drawn(now, full)}
        for run, stands in zip(now.runs, everything, strict=True):
            if not full.isdisjoint(run.names):
                yield drawn(f"run-{run.key}", stands, lambda run=run: parts.run(run))
            if run.rows and run.key in lines:
                yield drawn(f"curve-{run.key}", stands, lambda run=run: curves.values(now, run))
        yield drawn("table", everything, lambda: overview.table(now))
        yield "alerts", self._alerts(key, now)
        for place, _ in parts.keys(now, full):
            if (key, f"findings-{place}") in self._drawn:
                yield f"findings-{place}", self._drawn[key, f"findings-{place}"][1]
        for place, name in parts.keys(now, full):
            of_variant = [(run.key, len(run.rows), run.status) for run in now.of(name) if run.status]
            if of_variant:
                yield drawn(
                    f"charts-{place}",
                    of_variant,
                    lambda name=name: [chart_json(chart) for chart in parts.charts(now, name)],
                )

    def _alerts(self, key: str, now: StudyState) -> str:
        folder = study_folders(self.folder)[key]
        return _json(parts.attention(now, folder, self._findings.get(key, {}), time.time()))

    def _diagnose_all(self, watched: set[str]) -> dict[PartKey, str]:
        """Find again what went on in the studies that are watched, and return the parts that say so."""
        found: dict[PartKey, str] = {}
        for key in watched & self._studies.keys():
            with suppress(Exception):  # what one study's records lead to ends no page of another
                found |= self._diagnose(key)
        return found

    def _diagnose(self, key: str) -> dict[PartKey, str]:
        """Find again what went on, unless nothing has changed or it would cost too much so soon."""
        state = self._last.get(key)
        if state is None:
            return {}
        full = self.in_full(key, state)
        shown = [run for run in state.runs if run.status and not full.isdisjoint(run.names)]
        stands = [(run.key, len(run.rows), run.status) for run in shown]
        before, again = self._diagnosed.get(key, (None, 0.0))
        if not stands or stands == before or (time.monotonic() < again and state.training):
            return {}
        begun = time.thread_time()
        records = Records({each: run for each, run in state.records.items() if each[0] in full})
        findings = self._findings[key] = diagnosis(state.study, records).by_variant()
        for place, name in parts.keys(state, full):
            shown = [parts.finding(each) for each in findings.get(name, ())]
            self._drawn[key, f"findings-{place}"] = None, _json(shown)
        anew = {
            (key, f"findings-{place}"): self._drawn[key, f"findings-{place}"][1]
            for place, _ in parts.keys(state, full)
        }
        anew[key, "alerts"] = self._alerts(key, state)
        spent = time.thread_time() - begun
        self._diagnosed[key] = stands, time.monotonic() + max(_PAUSE, _SHARE * spent)
        return anew

    def _state(self, key: str) -> StudyState | StoreError:
        with self._reading:
            if key not in self._studies:
                found = study_folders(self.folder).get(key)
                if found is None:  # it has just been removed
                    return StoreError("live.no-study", name=key)
                self._studies[key] = StudyFolder(found)
            try:
                return self._studies[key].read()
            except StoreError as error:
                return error
            except Exception as error:
                del self._studies[key]
                return self._unreadable(key, error)


def _load() -> Load:
    import psutil

    return Load(psutil.cpu_percent(), psutil.virtual_memory().percent)


def _json(tree: object) -> str:
    return inert(json.dumps(finite(tree), ensure_ascii=False, separators=(",", ":")))
