"""Results on a static file server are read as they lie, and whatever the server does is one message."""

import functools
import http.server
import os
import threading
import time

import pytest
from tests.made_results import made_results

import paribus as pb
from paribus.errors import StoreError
from paribus.record.contents import MANIFEST, Listed, Manifest
from paribus.record.store import Store
from paribus.workflow import remote
from paribus.workflow.archives import opened_copy, pack_results
from paribus.workflow.results import load_results

pytestmark = pytest.mark.whole


class Handler(http.server.SimpleHTTPRequestHandler):
    """Python's own file server, which notes what it is asked and may be told to answer otherwise."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        other = self.server.others.get(self.path)
        if other is None:
            return super().do_GET()
        return other(self)

    def log_message(self, *_words):
        pass


@pytest.fixture
def served(tmp_path):
    """A folder that is served, its address, and the server."""
    place = tmp_path / "served"
    place.mkdir()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(place))
    )
    server.asked, server.others = [], {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.place, server.address = place, f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def folder(made, served):
    folder = made_results(made, served.place / "mine").folder
    pack_results(folder, manifest=True)
    return folder


def said(address):
    """Return the code of what is said of an address that cannot be read."""
    with pytest.raises(StoreError) as error:
        opened_copy(address)
    assert "\n" not in str(error.value)
    return error.value.code


def paths(served):
    return [path for path, _ in served.asked]


def test_a_folder_is_read_by_its_manifest(served, folder):
    found = pb.open(f"{served.address}/mine/")
    assert found.to_frame().equals(load_results(folder).to_frame())
    assert str(found.comparisons()) == str(load_results(folder).comparisons())
    assert f"{served.address}/mine/" in str(found)
    assert pb.open(f"{served.address}/mine").folder == found.folder


def test_a_folder_is_fetched_once_and_then_what_is_new(served, folder, made):
    pb.open(f"{served.address}/mine/")
    served.asked.clear()
    pb.open(f"{served.address}/mine/")
    assert paths(served) == ["/mine/manifest.json"]
    made_results(made, folder, seeds=4)
    pack_results(folder, manifest=True)
    served.asked.clear()
    assert len(pb.open(f"{served.address}/mine/").records) == 8
    new = {each.path.name for each in Store(folder).folders() if each.seed() == 3}
    fetched = [path for path in paths(served) if "/runs/" in path]
    assert {path.split("/")[3] for path in fetched} >= new
    assert len(fetched) < len(Manifest.decode((folder / MANIFEST).read_bytes()).files) - 20


def test_a_zip_file_is_fetched_and_again_only_where_it_changed(served, folder):
    pack_results(folder, served.place / "mine.zip")
    first = opened_copy(f"{served.address}/mine.zip")
    served.asked.clear()
    assert opened_copy(f"{served.address}/mine.zip") == first
    assert [("If-Modified-Since" in headers) for _, headers in served.asked] == [True]
    next(folder.glob("runs/*/timing.jsonl")).write_text("")
    pack_results(folder, served.place / "mine.zip")
    os.utime(served.place / "mine.zip", (time.time() + 10,) * 2)
    assert opened_copy(f"{served.address}/mine.zip") != first


def test_nothing_is_left_over_of_what_was_fetched(served, folder, cache):
    pack_results(folder, served.place / "mine.zip")
    folder_copy = opened_copy(f"{served.address}/mine.zip")
    assert sorted(each.name for each in (cache / "opened").iterdir() if each.is_dir()) == [folder_copy.name]


def test_no_credentials_are_sent(served, folder, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    served.others["/moved/manifest.json"] = redirecting(f"{served.address}/mine/manifest.json")
    opened_copy(f"{served.address}/mine/")
    opened_copy(f"{served.address}/moved/")
    assert len(served.asked) > 3
    assert not [headers for _, headers in served.asked if {"Authorization", "Cookie"} & headers.keys()]
    assert said(f"http://me:secret@127.0.0.1:{served.server_port}/mine/") == "remote.password"


def redirecting(to, status=302):
    def answer(handler):
        handler.send_response(status)
        handler.send_header("Location", to)
        handler.send_header("Set-Cookie", "id=1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def sending(content, *, promised=None, status=200):
    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content) if promised is None else promised))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def test_a_redirect_to_a_web_address_is_followed(served, folder):
    pack_results(folder, served.place / "mine.zip")
    served.others["/moved.zip"] = redirecting("/mine.zip", 301)
    assert len(pb.open(f"{served.address}/moved.zip").records) == 6


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/", ""])
def test_a_redirect_elsewhere_is_not(served, to):
    served.others["/moved.zip"] = redirecting(to)
    assert said(f"{served.address}/moved.zip") in {"remote.leads-away", "remote.redirects"}


def test_redirects_in_a_circle_end(served):
    served.others["/a.zip"] = redirecting("/a.zip")
    assert said(f"{served.address}/a.zip") == "remote.redirects"
    assert len(served.asked) == remote.MAX_REDIRECTS + 1


def test_a_downgrade_is_not_followed():
    with pytest.raises(StoreError) as error:
        remote._check("http://example.org/x", "https://example.org/x")
    assert error.value.code == "remote.leads-away"


def test_what_is_not_there_is_one_message(served, folder):
    assert said(f"{served.address}/nothing/") == "remote.no-manifest"
    assert said(f"{served.address}/nothing.zip") == "remote.status"
    assert said("http://127.0.0.1:1/mine/") == "remote.unreachable"
    assert said("http://") == "remote.no-address"
    assert said("https://[::1/x") == "remote.no-address"


def test_what_changed_after_its_manifest_is_said_and_nothing_of_it_is_kept(served, folder, cache):
    next(folder.glob("runs/*/history.jsonl")).write_text("{}\n")
    assert said(f"{served.address}/mine/") in {"remote.changed", "remote.too-long"}
    (folder / "study.json").unlink()
    assert said(f"{served.address}/mine/") in {"remote.changed", "remote.too-long", "remote.status"}
    assert [each for each in (cache / "opened").iterdir() if each.is_dir()] == []


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>", b"[" * 100_000])
def test_what_is_no_manifest_is_one_message(served, folder, content):
    (folder / MANIFEST).write_bytes(content)
    assert said(f"{served.address}/mine/") == "remote.bad-manifest"


def test_a_manifest_that_leads_out_fetches_nothing(served, folder):
    listed = {"../../secret.json": Listed(10, "0" * 64)}
    (folder / MANIFEST).write_bytes(Manifest("mine", listed).encode())
    assert said(f"{served.address}/mine/") == "remote.bad-manifest"
    assert paths(served) == ["/mine/manifest.json"]


def test_a_manifest_of_more_than_fits_fetches_nothing(served, folder):
    listed = {f"runs/{place:016x}/weights.safetensors": Listed(2**34, "0" * 64) for place in range(10_000)}
    (folder / MANIFEST).write_bytes(Manifest("mine", listed).encode())
    assert said(f"{served.address}/mine/") == "remote.too-large"
    assert paths(served) == ["/mine/manifest.json"]


def test_a_file_that_never_ends_is_left(served, folder, monkeypatch):
    name = "study.json"
    size = (folder / name).stat().st_size
    served.others[f"/mine/{name}"] = sending(b"x" * (size + 10_000_000), promised=10**12)
    assert said(f"{served.address}/mine/") == "remote.too-long"


def test_a_server_that_is_too_slow_is_left(served, folder, monkeypatch):
    monkeypatch.setattr(remote, "_START_SECONDS", 0.0)
    monkeypatch.setattr(remote, "_SLOWEST", 1e12)
    assert said(f"{served.address}/mine/") == "remote.slow"


def test_a_server_that_sends_nothing_is_left(served, folder, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT", (0.2, 0.2))
    waits = threading.Event()
    served.others["/mine/manifest.json"] = lambda _handler: waits.wait(5)
    assert said(f"{served.address}/mine/") == "remote.unreachable"
    waits.set()


def test_a_connection_that_breaks_is_said(served, folder):
    pack_results(folder, served.place / "mine.zip")
    content = (served.place / "mine.zip").read_bytes()
    served.others["/mine.zip"] = sending(content[: len(content) // 2], promised=len(content))
    assert said(f"{served.address}/mine.zip") in {"remote.broken", "archive.no-zip"}


def test_a_refused_archive_is_refused_from_the_net_as_well(served):
    (served.place / "bad.zip").write_bytes(b"PK\5\6" + bytes(18))
    assert said(f"{served.address}/bad.zip") == "archive.no-study"


def test_a_damaged_earlier_copy_is_not_taken_over(served, folder, made):
    copy = opened_copy(f"{served.address}/mine/")
    for each in copy.rglob("history.jsonl"):
        each.write_text("forged\n")
    made_results(made, folder, seeds=4)
    pack_results(folder, manifest=True)
    again = opened_copy(f"{served.address}/mine/")
    assert not [each for each in again.rglob("history.jsonl") if "forged" in each.read_text()]


def test_nothing_is_written_into_what_was_fetched(served, folder):
    copy = opened_copy(f"{served.address}/mine/")
    with pytest.raises(StoreError, match="only read"):
        pb.gc(copy, yes=True)
    assert copy.exists()
