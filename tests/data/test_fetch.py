"""Downloads from a server on this machine that serves well, badly or not at all."""

import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from paribus.data import fetch
from paribus.data.cache import cache_folder
from paribus.data.fetch import fetch_files
from paribus.errors import DataError


class Handler(BaseHTTPRequestHandler):
    """Serves the server's files; the first part of the path says how."""

    def log_message(self, *_):
        """Keep standard error for what is tested."""

    def do_GET(self):
        manner, name = self.path.strip("/").split("/")
        self.server.asked[self.path] += 1
        content = self.server.files[name]
        if manner == "missing":
            self.send_error(404)
            return
        if manner == "silent":
            self.server.over.wait(5)
            return
        if manner == "corrupt":
            content = content[:-1] + bytes([content[-1] ^ 1])
        if manner == "slow":
            time.sleep(0.5)
        self.send_response(200)
        if manner != "endless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if manner == "dropped":
            content = content[: len(content) // 2]
        try:
            while manner == "dripping" and not self.server.over.wait(0.01):
                self.wfile.write(b"x")
                self.wfile.flush()
            self.wfile.write(content)
            while manner == "endless" and not self.server.over.is_set():
                self.wfile.write(bytes(2**16))
        except OSError:
            self.server.hung_up.set()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.files, running.asked = {}, Counter()
    running.over, running.hung_up = threading.Event(), threading.Event()
    running.address = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.over.set()
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def published(tmp_path, tiny, server):
    """From the manners of the mirrors to an entry whose one file they have; and its file."""
    arrays = tiny.arrays(tiny.GREY)
    path = tiny.write_npz(tmp_path / "official" / "tiny.npz", arrays)
    server.files[path.name] = path.read_bytes()

    def entry(*manners):
        mirrors = [f"{server.address}/{manner}/" for manner in manners]
        return tiny.entry(tiny.GREY, arrays, [tiny.official(path, *mirrors)])

    return entry


def files_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_download_is_put_into_the_data_sets_folder_of_the_cache(published, server, cache):
    folder = fetch_files(published("good"), cache)
    assert folder == cache / "tiny"
    assert (folder / "tiny.npz").read_bytes() == server.files["tiny.npz"]
    assert files_in(folder) == ["tiny.npz"]
    assert (folder / "tiny.npz").stat().st_mode & 0o444 == 0o444


def test_a_file_that_is_there_is_not_asked_for_again(published, server, cache):
    for _ in range(2):
        fetch_files(published("good"), cache)
    assert server.asked.total() == 1


@pytest.mark.parametrize("content", [b"", b"half a file"])
def test_a_damaged_file_and_leftovers_of_a_killed_download_are_replaced(published, server, cache, content):
    (cache / "tiny").mkdir()
    (cache / "tiny" / "tiny.npz").write_bytes(content)
    (cache / "tiny" / "tmpq1w2e3").write_bytes(b"left over")
    folder = fetch_files(published("good"), cache)
    assert files_in(folder) == ["tiny.npz"]
    assert (folder / "tiny.npz").read_bytes() == server.files["tiny.npz"]


@pytest.mark.parametrize("manner", ["missing", "corrupt", "dropped", "endless", "silent"])
def test_the_next_mirror_serves_where_one_fails(published, server, cache, monkeypatch, manner):
    monkeypatch.setattr(fetch, "TIMEOUT", (0.3, 0.3))
    folder = fetch_files(published(manner, "good"), cache)
    assert files_in(folder) == ["tiny.npz"]
    assert list(server.asked) == [f"/{manner}/tiny.npz", "/good/tiny.npz"]


def test_a_mirror_that_sends_next_to_nothing_is_left(published, server, cache, monkeypatch):
    monkeypatch.setattr(fetch, "_START_SECONDS", 0.2)
    monkeypatch.setattr(fetch, "_SLOWEST", 1e9)
    folder = fetch_files(published("dripping", "good"), cache)
    assert (folder / "tiny.npz").read_bytes() == server.files["tiny.npz"]


def test_a_mirror_that_never_ends_is_left(published, server, cache):
    with pytest.raises(DataError):
        fetch_files(published("endless"), cache)
    assert server.hung_up.wait(2)


def test_one_message_says_what_each_mirror_did_and_what_else_can_be_done(
    published, server, cache, monkeypatch
):
    monkeypatch.setattr(fetch, "TIMEOUT", (0.3, 0.3))
    with pytest.raises(DataError) as caught:
        fetch_files(published("missing", "corrupt", "dropped", "silent"), cache)
    told = str(caught.value)
    assert "missing/tiny.npz: the server returned status 404" in told
    assert "corrupt/tiny.npz: what arrived is not the official file" in told
    assert "dropped/tiny.npz: the transfer broke off" in told
    assert "silent/tiny.npz: the transfer broke off" in told
    assert "paribus data fetch tiny" in told
    assert "with data_dir or" in told
    assert "PARIBUS_DATA" in told
    assert "--embedded" not in told
    assert files_in(cache / "tiny") == []


def test_without_network_the_message_comes_at_once(tmp_path, tiny, cache, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    arrays = tiny.arrays(tiny.GREY)
    file = tiny.official(tiny.write_npz(tmp_path / "tiny.npz", arrays), f"http://127.0.0.1:{port}/")
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    with pytest.raises(DataError, match=rf"Tiny could not be downloaded\.\n  .*:{port}/tiny\.npz: cannot be"):
        fetch_files(tiny.entry(tiny.GREY, arrays, [file]), cache)
    assert not waits


def test_a_second_set_of_files_serves_where_the_first_cannot_be_had(tmp_path, tiny, server, cache):
    arrays = tiny.arrays(tiny.GREY)
    npz = tiny.official(tiny.write_npz(tmp_path / "tiny.npz", arrays), f"{server.address}/missing/")
    paths = tiny.write_idx(tmp_path, arrays, compress=True)
    server.files = {path.name: path.read_bytes() for path in [*paths, tmp_path / "tiny.npz"]}
    idx = [tiny.official(path, f"{server.address}/good/") for path in paths]
    entry = tiny.entry(tiny.GREY, arrays)
    object.__setattr__(entry, "downloads", ((npz,), tuple(idx)))
    folder = fetch_files(entry, cache)
    assert files_in(folder) == sorted(path.name for path in paths)
    asked = server.asked.total()
    fetch_files(entry, cache)
    assert server.asked.total() == asked


PROCESS = """
import sys
from pathlib import Path
from paribus.data.catalogue import CATALOGUE, Entry, OfficialFile
from paribus.data.fetch import fetch_files
name, size, sha256, mirror, cache = sys.argv[1:]
mnist = CATALOGUE["mnist"]
file = OfficialFile(name, int(size), sha256, "", (mirror,))
entry = Entry("tiny", "Tiny", mnist.images, "", "", "", ((file,),), (".",), mnist.layouts)
print(fetch_files(entry, Path(cache)))
"""


def test_two_processes_at_once_download_once(published, server, cache):
    (file,) = published("slow").downloads[0]
    command = [
        sys.executable,
        "-c",
        PROCESS,
        file.name,
        str(file.size),
        file.sha256,
        *file.mirrors,
        str(cache),
    ]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=600)[0].strip() for process in started]
    assert answers == [str(cache / "tiny")] * 2
    assert files_in(cache / "tiny") == ["tiny.npz"]
    assert server.asked.total() == 1


def test_a_cache_that_cannot_be_written_is_named(published, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match=r"cannot be written.*PARIBUS_CACHE"):
        fetch_files(published("good"), tmp_path / "file")


@pytest.mark.parametrize("bar", [True, False])
def test_a_progress_bar_is_drawn_only_when_wanted(published, cache, capsys, bar):
    fetch_files(published("good"), cache, progress=bar)
    drawn = capsys.readouterr()
    assert ("tiny.npz" in drawn.err) == bar
    assert drawn.out == ""


def test_no_progress_bar_where_standard_error_is_no_terminal(published, cache, capsys):
    fetch_files(published("good"), cache)
    assert capsys.readouterr().err == ""


def test_the_cache_is_where_the_environment_says_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("PARIBUS_CACHE")
    assert cache_folder().name == "paribus"
