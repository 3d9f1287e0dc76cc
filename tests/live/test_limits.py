"""What clients may do to the server: it stays small and quick whatever they do."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from paribus.errors import StoreError, UsageError
from paribus.live import limits, serving, watch
from paribus.live.reports import Reports
from paribus.live.server import application, listen
from paribus.live.state import StudyFolder, study_folders

HERE = "http://127.0.0.1:8642"


def client(folder, **about):
    return TestClient(application(watch.Watch(folder)), base_url=HERE, follow_redirects=False, **about)


@pytest.fixture
def served(training):
    """A real server, with its address and port."""
    ready = serving.prepare(training.store.folder, host="127.0.0.1", port=0)
    with serving.in_background(ready):
        yield ready.listening.getsockname()


class TestWhoMayAsk:
    @pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
    @pytest.mark.parametrize("path", ["/", "/changes", "/study/mine/report"])
    def test_another_site_gets_no_part_of_a_page(self, training, site, path):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        assert client(training.store.folder).get(path, headers=headers).status_code == 403

    def test_a_frame_of_another_site_gets_none(self, training):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
        assert client(training.store.folder).get("/study/mine/", headers=headers).status_code == 403

    @pytest.mark.parametrize("site", ["none", "same-origin", "cross-site"])
    def test_a_link_that_somebody_follows_leads_to_a_page(self, training, site):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert client(training.store.folder).get("/study/mine/", headers=headers).status_code == 200

    def test_two_hosts_are_none(self, served):
        with socket.create_connection(served) as wire:
            wire.sendall(
                b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
            )
            assert wire.recv(100).split()[1] in (b"400", b"403")

    def test_head_of_a_stream_ends(self, training):
        answer = client(training.store.folder).head("/study/mine/changes")
        assert (answer.status_code, answer.content) == (200, b"")

    @pytest.mark.parametrize("host", ["", " "])
    def test_no_address_is_not_every_address(self, host):
        with pytest.raises(UsageError, match="--host has no address"):
            listen(host, 0)

    @pytest.mark.parametrize(("host", "is_open"), [("127.0.0.1", False), ("0", True), ("0.0.0.0", True)])
    def test_it_is_known_whether_others_reach_it(self, training, host, is_open):
        ready = serving.prepare(training.store.folder, host=host, port=0)
        with ready.listening:
            assert ready.is_open is is_open


class TestConnections:
    def test_too_many_are_closed_and_the_others_answered(self, served, monkeypatch):
        monkeypatch.setattr(limits, "MAX_CONNECTIONS", 5)
        wires = [socket.create_connection(served) for _ in range(5)]
        more = [socket.create_connection(served) for _ in range(20)]
        for wire in more:
            wire.settimeout(60)
            assert _ended(wire)
        wires[0].sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert wires[0].recv(100).startswith(b"HTTP/1.1 303")
        for wire in (*wires, *more):
            wire.close()

    @pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
    def test_one_that_asks_for_nothing_is_closed(self, training, monkeypatch, sent):
        monkeypatch.setattr(limits, "PATIENCE", 0.2)
        ready = serving.prepare(training.store.folder, host="127.0.0.1", port=0)
        with serving.in_background(ready), socket.create_connection(ready.listening.getsockname()) as wire:
            wire.settimeout(60)
            wire.sendall(sent)
            assert _ended(wire)

    def test_a_stream_that_takes_what_it_is_sent_stays(self, training, monkeypatch):
        monkeypatch.setattr(limits, "PATIENCE", 0.1)
        monkeypatch.setattr(watch, "_ALIVE", 0.2)
        ready = serving.prepare(training.store.folder, host="127.0.0.1", port=0)
        with serving.in_background(ready):
            url = f"{ready.address}study/mine/changes"
            with httpx.stream("GET", url, timeout=60) as response:
                comments = (line for line in response.iter_lines() if line.startswith(":"))
                assert [next(comments) for _ in range(5)] == [": "] * 5

    def test_one_that_takes_nothing_is_closed(self, monkeypatch):
        closed = []

        class Wire:
            get_write_buffer_size = staticmethod(lambda: 1000)
            abort = staticmethod(lambda: closed.append(True))

        protocol = object.__new__(limits.LimitedProtocol)
        protocol.transport, protocol.cycle = Wire, type("Cycle", (), {"response_complete": False})
        protocol.loop = type("Loop", (), {"call_later": staticmethod(lambda *_: None)})
        protocol._look()
        assert not closed
        protocol._look()
        assert closed

    def test_long_headers_are_refused(self, served):
        with socket.create_connection(served) as wire:
            wire.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 2**17)
            wire.settimeout(60)
            assert _ended(wire)


class TestReports:
    def ask(self, reports, times, stands, *, is_final):
        async def asked():
            each = (reports.of("mine", Path("mine"), stands(), is_final=is_final) for _ in range(times))
            return await asyncio.gather(*each)

        return asked()

    def test_twenty_who_ask_at_once_get_one(self):
        made = []

        def make(_):
            made.append(threading.get_ident())
            time.sleep(0.05)
            return "report"

        stands = iter(range(100))  # a study that trains: it has changed each time
        pages = asyncio.run(self.ask(Reports(make), 20, lambda: next(stands), is_final=False))
        assert (set(pages), len(made)) == ({b"report"}, 1)

    def test_while_it_trains_one_is_not_made_again_at_once_but_at_the_end_it_is(self):
        made = []

        def make(_):
            made.append(1)
            time.sleep(0.05)
            return f"report {len(made)}"

        async def asked():
            reports = Reports(make)
            first = await reports.of("mine", Path("mine"), 1, is_final=False)
            again = await reports.of("mine", Path("mine"), 2, is_final=False)
            end = await reports.of("mine", Path("mine"), 3, is_final=True)
            return first, again, end, await reports.of("mine", Path("mine"), 3, is_final=True)

        assert asyncio.run(asked()) == (b"report 1", b"report 1", b"report 2", b"report 2")

    def test_who_goes_away_leaves_it_to_the_others(self):
        async def asked():
            reports = Reports(lambda _: time.sleep(0.1) or "report")
            first = asyncio.create_task(reports.of("mine", Path("mine"), 1, is_final=True))
            await asyncio.sleep(0)
            second = asyncio.create_task(reports.of("mine", Path("mine"), 1, is_final=True))
            await asyncio.sleep(0.01)
            first.cancel()
            return await second

        assert asyncio.run(asked()) == b"report"

    def test_few_are_kept(self):
        async def asked():
            reports = Reports(lambda folder: folder.name)
            for place in range(50):
                await reports.of(str(place), Path(str(place)), 1, is_final=True)
            return len(reports._kept), len(reports._making)

        assert asyncio.run(asked()) == (4, 0)


class TestOneBrokenStudy:
    @pytest.fixture
    def broken(self, of, tmp_path, monkeypatch):
        for name in ("good", "broken"):
            of(tmp_path / name)
        read = StudyFolder.read

        def raises(self):
            if self.store.folder.name == "broken":
                raise ZeroDivisionError
            return read(self)

        monkeypatch.setattr(StudyFolder, "read", raises)
        return tmp_path

    def test_leaves_the_others_their_pages(self, broken):
        asked = client(broken)
        index = asked.get("/")
        assert (index.status_code, "broken" in index.text) == (200, True)
        assert asked.get("/study/good/").status_code == 200
        answer = asked.get("/study/broken/")
        assert (answer.status_code, "ZeroDivisionError" in answer.text) == (500, True)

    def test_leaves_the_others_their_streams(self, broken):
        found, _ = watch.Watch(broken)._read({"good", "broken"})
        assert '"damaged"' in found["broken", "head"]
        assert '"waiting"' in found["good", "head"]

    def test_a_folder_whose_name_is_no_text_has_its_page(self, of, tmp_path):
        of(tmp_path / os.fsdecode(b"a\xff"))
        asked = client(tmp_path)
        assert list(study_folders(tmp_path)) == ["a\\xff"]
        assert 'href="/study/a%5Cxff/"' in asked.get("/").text
        assert asked.get("/study/a%5Cxff/").status_code == 200

    def test_one_that_is_removed_meanwhile_is_told(self, training, monkeypatch):
        follows = watch.Watch(training.store.folder.parent)
        monkeypatch.setattr(watch, "study_folders", lambda _: {})
        assert isinstance(follows._state("mine"), StoreError)


class TestADay:
    def test_three_hundred_pages_are_one_reader(self, training, monkeypatch):
        monkeypatch.setattr(watch, "_PAUSE", 0.01)
        monkeypatch.setattr(watch, "_SHARE", 0)
        looks = []
        whole = watch.Watch._read
        monkeypatch.setattr(watch.Watch, "_read", lambda *given: looks.append(1) or whole(*given))

        async def watched():
            follows = watch.Watch(training.store.folder)
            pages = [follows.follow("mine") for _ in range(300)]
            first = await asyncio.gather(*(anext(page) for page in pages))
            at_first = len(looks)
            for page in pages:
                await page.aclose()
            return first, at_first, follows

        first, at_first, follows = asyncio.run(watched())
        assert all("head" in parts for parts in first)
        assert at_first < 30
        assert not follows.pages

    def test_what_no_page_shows_is_forgotten(self, of, tmp_path):
        """A day on which studies come and go, each watched for a while."""
        follows = watch.Watch(tmp_path)
        for place in range(12):
            key = f"study-{place}"
            training = of(tmp_path / key)
            training.whole("plain", 0)
            follows._read({key})
            follows._diagnose_all({key})
            (training.store.folder / "study.json").unlink()
        follows._read(set())
        kept = (follows._studies, follows._drawn, follows._last, follows._findings, follows._diagnosed)
        assert [len(each) for each in kept] == [0] * 5


def _ended(wire):
    try:
        while wire.recv(2**16):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
