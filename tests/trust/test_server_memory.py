"""A server's memory over a day: pages asked for thousands of times, streams that are opened and left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from paribus.record.folder import Timing
from paribus.record.store import Store, specs

pytestmark = pytest.mark.trust
MOST_MEGABYTES = 15
"""That it may grow once it is warm."""


def memory(process):
    """Return the memory that a process takes, in megabytes, and how many files it has open."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        pytest.skip("this system has no /proc")
    (line,) = [each for each in status.read_text().splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1]) / 1024, len(os.listdir(f"/proc/{process.pid}/fd"))


def open_stream(port, path):
    tab = socket.create_connection(("127.0.0.1", port), timeout=20)
    tab.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    assert tab.recv(12) == b"HTTP/1.1 200"
    return tab


def a_part_of_the_day(client, port, studies, rounds):
    for place in range(rounds):
        for path in [
            "/",
            *(f"/study/{name}/" for name in studies),
            "/none",
            "/study/none/",
            f"/?{place}" * 9,
        ]:
            client.get(path)
        paths = ["/changes", *(f"/study/{name}/changes" for name in studies)]
        tabs = [open_stream(port, path) for path in paths * 3]
        for tab in tabs:
            tab.close()  # most with unread bytes, as of a browser that was killed


def test_it_stays_where_it_was_over_thousands_of_requests(made, tmp_path):
    studies = ("first", "second", "third")
    for name in studies:
        study = made.study(seeds=2, name=name)
        store = Store(tmp_path / name)
        store.write_study(study, {"mnist": made.MNIST})
        for _, spec in specs(study, {"mnist": made.MNIST}, study.variants, [0, 1]):
            run = store.run(spec)
            run.start(spec, {})
            for row in made.history(20, seed=spec.seed):
                run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "paribus", "serve", str(tmp_path), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            for _ in range(150):
                try:
                    client.get("/")
                    break
                except httpx.HTTPError:
                    time.sleep(0.2)
            a_part_of_the_day(client, port, studies, 40)
            warm, _ = memory(process)
            a_part_of_the_day(client, port, studies, 120)
            late, _ = memory(process)
        deadline = time.monotonic() + 90
        while memory(process)[1] > 20 and time.monotonic() < deadline:
            time.sleep(1)
        last, descriptors = memory(process)
        print(f"{warm:.0f} MB warm, {late:.0f} late, {last:.0f} at the end, {descriptors} files open")  # noqa: T201 - `make trust` shows it
        assert last - warm < MOST_MEGABYTES
        assert descriptors <= 20, "no stream that was left stays open"
    finally:
        process.terminate()
        process.wait(20)
