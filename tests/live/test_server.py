"""The server as a client meets it: pages, streams, and who is refused."""

import asyncio
import json
import threading
from contextlib import contextmanager

import httpx
import pytest
from starlette.testclient import TestClient

from paribus.errors import StoreError, UsageError
from paribus.live import serving, watch
from paribus.live.server import Guard, application, listen
from paribus.record.run import Status
from paribus.texts import language

HERE = "http://127.0.0.1:8642"


def client(folder, **about):
    return TestClient(application(watch.Watch(folder)), base_url=HERE, follow_redirects=False, **about)


@contextmanager
def served(folder):
    """A real server, as server-sent events need one."""
    ready = serving.prepare(folder, host="127.0.0.1", port=0)
    with serving.in_background(ready):
        yield ready.address.rstrip("/")


def events(response):
    """The parts of a stream, event by event."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def until(stream, wanted):
    """What the page has once it has what is wanted."""
    page = {}
    for parts in stream:
        page |= parts
        if wanted(page):
            return page
    raise AssertionError(page)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(watch, "_PAUSE", 0.05)
    monkeypatch.setattr(watch, "_SHARE", 0)


class TestPages:
    def test_the_folder_of_one_study_leads_to_it(self, training):
        answer = client(training.store.folder).get("/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/study/mine/")

    def test_the_folder_of_many_lists_them(self, of, tmp_path):
        for name in ("one", "two & three"):
            of(tmp_path / name)
        page = client(tmp_path).get("/").text
        assert 'href="/study/one/"' in page
        assert 'href="/study/two%20%26%20three/"' in page

    def test_a_folder_without_a_study_says_so(self, tmp_path):
        assert "There is no study here yet." in client(tmp_path).get("/").text

    def test_a_study_shows_its_runs_and_escapes_its_names(self, training):
        training.start("plain", 0, epochs=2)
        page = client(training.store.folder).get("/study/mine/").text
        assert f'data-run="{training.spec("plain").digest[:16]}"' in page
        assert page.count("<tr data-run=") == 4
        assert "A &lt;b&gt;bold&lt;/b&gt; study" in page
        assert "<b>bold" not in page

    def test_a_complete_study_is_its_report(self, training):
        training.asks(plain=(0,))
        training.whole("plain", 0)
        asked = client(training.store.folder)
        assert asked.get("/study/mine/").headers["location"] == "/study/mine/report"
        page = asked.get("/study/mine/report").text
        assert "96.41" in page
        assert 'id="results"' in page

    def test_a_report_can_be_had_before_the_end_and_changes_nothing(self, training):
        training.start("plain", 0, epochs=2)
        before = {path: path.stat().st_mtime_ns for path in training.store.folder.rglob("*")}
        assert client(training.store.folder).get("/study/mine/report").status_code == 200
        assert {path: path.stat().st_mtime_ns for path in training.store.folder.rglob("*")} == before

    @pytest.mark.parametrize("key", ["other", "..%2fmine", "%2e%2e%2fmine", "mine%00"])
    def test_what_is_not_a_study_of_the_folder_is_not_found(self, training, key):
        asked = client(training.store.folder)
        assert {asked.get(f"/study/{key}/{end}").status_code for end in ("", "report", "changes")} == {404}

    def test_a_damaged_study_says_so_and_the_others_are_shown(self, of, tmp_path):
        of(tmp_path / "good")
        bad = of(tmp_path / "bad")
        (bad.store.folder / "study.json").write_text("{}")
        asked = client(tmp_path)
        assert asked.get("/").status_code == 200
        answer = asked.get("/study/bad/")
        assert (answer.status_code, "damaged" in answer.text) == (500, True)
        assert asked.get("/study/good/").status_code == 200

    def test_pages_are_told_in_the_language_that_is_spoken(self, training):
        with language("vi"):
            page = client(training.store.folder).get("/study/mine/").text
        assert '<html lang="vi">' in page
        assert "lần chạy đã kết thúc" in page

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
    def test_it_can_only_be_read(self, training, method):
        assert client(training.store.folder).request(method, "/study/mine/").status_code == 405

    def test_scripts_are_only_ours_and_no_other_page_may_frame_or_read_it(self, training):
        headers = client(training.store.folder).get("/study/mine/").headers
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"].startswith("'sha256-")
        assert "unsafe" not in str(policy)
        assert (policy["connect-src"], policy["frame-ancestors"]) == ("'self'", "'none'")
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


class TestWhoIsRefused:
    @pytest.mark.parametrize(
        "host",
        ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", "192.168.0.7", "", "[::2]"],
    )
    def test_a_name_that_only_leads_to_this_machine(self, training, host):
        answer = client(training.store.folder).get("/", headers={"Host": host})
        assert answer.status_code == 403
        assert "Refused" in answer.text

    @pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost:8642", "LOCALHOST", "[::1]:8642", "[::1]"])
    def test_not_this_machines_own_names(self, training, host):
        assert client(training.store.folder).get("/", headers={"Host": host}).status_code == 303

    @pytest.mark.parametrize(
        "origin",
        [
            "http://evil.example",
            "null",
            "https://127.0.0.1:8642",
            "http://127.0.0.1:1",
            "http://localhost:8642",
        ],
    )
    @pytest.mark.parametrize("path", ["/", "/changes", "/study/mine/changes", "/study/mine/report"])
    def test_a_page_of_another_origin(self, training, origin, path):
        assert client(training.store.folder).get(path, headers={"Origin": origin}).status_code == 403

    def test_not_a_page_of_ours(self, training):
        answer = client(training.store.folder).get("/study/mine/", headers={"Origin": HERE})
        assert answer.status_code == 200

    def test_beyond_this_machine_addresses_are_answered_and_names_of_others_are_not(self):
        guard = Guard(None, "0.0.0.0")
        assert guard.is_ours("192.168.0.7:8642")
        assert guard.is_ours("[fe80::1]:8642")
        assert not guard.is_ours("evil.example:8642")


class TestStream:
    def test_an_epoch_that_is_appended_is_sent(self, training):
        key = f"run-{training.spec('plain').digest[:16]}"
        with training.store.writing(), served(training.store.folder) as address:
            training.start("plain", 0, epochs=1)
            with httpx.stream("GET", f"{address}/study/mine/changes", timeout=60) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                stream = events(response)
                page = until(stream, lambda page: {"head", key, "charts-v1"} <= page.keys())
                assert (page["head"]["phase"], page[key]["epoch"]) == ("training", "1 of 5")
                assert page["charts-v1"][0]["x"] == [1]
                training.epoch("plain", 0)
                page = until(stream, lambda page: page.get("charts-v1", [{"x": []}])[0]["x"] == [1, 2])
                accuracy = 100 * training.rows[1]["accuracy"]
                assert page["charts-v1"][0]["lines"][0]["mean"][1] == pytest.approx(accuracy, rel=1e-5)
                assert page[key]["epoch"] == "2 of 5"

    def test_curves_table_and_what_needs_attention_are_sent(self, training):
        key = f"curve-{training.spec('plain').digest[:16]}"
        with training.store.writing(), served(training.store.folder) as address:
            training.start("plain", 0, epochs=2)
            training.start("l2", 0, epochs=1)
            training.finish("l2", 0, status=Status.DIVERGED)
            with httpx.stream("GET", f"{address}/study/mine/changes", timeout=60) as response:
                page = until(events(response), lambda page: {key, "table", "alerts"} <= page.keys())
        assert page[key]["score"][1] == pytest.approx(100 * training.rows[1]["val_accuracy"], rel=1e-4)
        assert page[key]["running"]
        assert [row["name"] for row in page["table"]["rows"]] == ["plain · base", "l2 · L2 0.01"]
        assert page["alerts"][0]["title"] == "1 run diverged"
        assert page["alerts"][0]["commands"][0]["line"].startswith("paribus diagnose ")

    def test_comparisons_stay_out_of_the_page_and_no_look_is_counted(self, training):
        with training.store.writing(), served(training.store.folder) as address:
            for name in ("plain", "l2"):
                for seed in (0, 1):
                    training.whole(name, seed)
            httpx.get(f"{address}/study/mine/")
            with httpx.stream("GET", f"{address}/study/mine/changes", timeout=60) as response:
                page = until(events(response), lambda page: {"table", "alerts"} <= page.keys())
        assert not {"comparisons", "answers", "verdicts"} & {name.partition("-")[0] for name in page}
        assert training.store.looks().entries == ()

    def test_what_did_not_change_is_not_sent_again(self, training):
        with training.store.writing(), served(training.store.folder) as address:
            training.start("plain", 0, epochs=1)
            training.whole("l2", 0)
            with httpx.stream("GET", f"{address}/study/mine/changes", timeout=60) as response:
                stream = events(response)
                until(stream, lambda page: "charts-v2" in page)
                training.epoch("plain", 0)
                for parts in stream:
                    assert "charts-v2" not in parts
                    if "charts-v1" in parts:
                        break

    def test_the_end_is_sent_and_so_are_findings(self, training):
        training.asks(plain=(0,))
        with served(training.store.folder) as address:
            with training.store.writing():
                training.start("plain", 0, epochs=1)
                with httpx.stream("GET", f"{address}/study/mine/changes", timeout=60) as response:
                    stream = events(response)
                    until(stream, lambda page: "head" in page)
                    for _ in range(4):
                        training.epoch("plain", 0)
                    training.finish("plain", 0)
                    page = until(stream, lambda page: page.get("findings-v1"))
                    assert page["findings-v1"][0]["title"]
            with httpx.stream("GET", f"{address}/study/mine/changes", timeout=60) as response:
                page = until(events(response), lambda page: "head" in page)
                assert page["head"]["phase"] == "complete"

    def test_the_list_of_studies_is_sent_how_far_each_is(self, of, tmp_path):
        one, _ = of(tmp_path / "one"), of(tmp_path / "two")
        (of(tmp_path / "bad").store.folder / "study.json").write_text("{}")
        one.whole("plain", 0)
        with served(tmp_path) as address, httpx.stream("GET", f"{address}/changes", timeout=60) as response:
            page = until(events(response), lambda page: len(page) == 3)
            assert page["one"]["runs"] == "1 of 4"
            assert page["one"]["result"].startswith("Highest mean validation accuracy: plain · base")
            assert (page["one"]["phase"], page["two"]["phase"]) == ("stopped", "waiting")
            assert page["bad"]["phase"] == "damaged"

    def test_a_server_that_ends_lets_its_pages_go(self, training):
        with served(training.store.folder) as address:
            response = httpx.Client(timeout=60).send(
                httpx.Request("GET", f"{address}/study/mine/changes"), stream=True
            )
            stream = events(response)
            assert "head" in next(stream)
        list(stream)
        assert response.is_closed


class TestWatch:
    def test_many_pages_are_one_reader_and_none_reads_without_a_page(self, training, monkeypatch):
        looks = []
        whole = watch.Watch._read

        def counted(self, watched):
            looks.append(threading.get_ident())
            return whole(self, watched)

        monkeypatch.setattr(watch.Watch, "_read", counted)
        monkeypatch.setattr(watch, "_PAUSE", 0.2)

        async def watched():
            follows = watch.Watch(training.store.folder)
            pages = [follows.follow("mine") for _ in range(20)]
            first = await asyncio.gather(*(anext(page) for page in pages))
            assert all("head" in parts for parts in first)
            assert follows.pages["mine"] == 20
            with_pages = len(looks)
            for page in pages:
                await page.aclose()
            assert follows.pages.total() == 0
            await asyncio.sleep(0.6)
            without = len(looks)
            await asyncio.sleep(0.6)
            assert len(looks) == without
            return with_pages

        assert asyncio.run(watched()) < 20, "fewer than pages"

    def test_a_page_that_comes_back_gets_everything_as_it_is_now(self, training):
        async def watched():
            follows = watch.Watch(training.store.folder)
            page = follows.follow("mine")
            await anext(page)
            await page.aclose()
            training.whole("plain", 0)
            again = follows.follow("mine")
            parts = await anext(again)
            await again.aclose()
            return parts

        parts = asyncio.run(watched())
        assert json.loads(parts[f"run-{training.spec('plain').digest[:16]}"])["test"] == "96.41"


class TestServing:
    def test_an_unknown_folder_is_told_at_once(self, tmp_path):
        with pytest.raises(StoreError, match="not a folder"):
            serving.prepare(tmp_path / "nowhere", host="127.0.0.1", port=0)

    def test_a_port_that_is_taken_is_told(self, tmp_path):
        with listen("127.0.0.1", 0) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(UsageError, match=f"port {port}.*\n.*--port 0"):
                serving.prepare(tmp_path, host="127.0.0.1", port=port)

    def test_an_address_of_no_machine_is_told(self, tmp_path):
        with pytest.raises(UsageError, match=r"cannot be served at 192\.0\.2\.1"):
            serving.prepare(tmp_path, host="192.0.2.1", port=0)

    def test_without_the_package_one_message_names_what_to_install(self, tmp_path, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "uvicorn", None)
        with pytest.raises(UsageError, match=r"package uvicorn.*\n.*pip install starlette uvicorn"):
            serving.prepare(tmp_path, host="127.0.0.1", port=0)
