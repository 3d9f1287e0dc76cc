"""`paribus serve` and `paribus run --live` as a user meets them."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from paribus.live.server import listen

COMMAND = "import sys; from paribus.cli import main; sys.argv[0] = 'paribus'; main()"


@contextmanager
def paribus(*arguments, cwd):
    """A command that goes on until it is stopped."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def line_with(process, wanted):
    for line in process.stdout:
        if re.search(wanted, line):
            return line
    raise AssertionError(f"{wanted} was not said")


def address_in(line):
    return re.search(r"http://[\d.]+:\d+/", line)[0]


@pytest.mark.parametrize(
    "arguments", [("nowhere",), (".", "--port", "{taken}"), (".", "--host", "192.0.2.1")]
)
def test_what_cannot_be_served_is_one_message_and_exit_status_2(tmp_path, arguments):
    with listen("127.0.0.1", 0) as taken:
        given = [word.format(taken=taken.getsockname()[1]) for word in arguments]
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "serve", *given],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing there")
def test_serve_says_where_and_ctrl_c_ends_it(tmp_path):
    with paribus("serve", ".", "--port", "0", cwd=tmp_path) as process:
        address = address_in(line_with(process, "is shown at"))
        with httpx.stream("GET", f"{address}changes", timeout=60) as stream:
            assert stream.status_code == 200
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate()
    assert process.returncode == 0
    assert said == ""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing there")
def test_run_live_serves_the_study_until_ctrl_c(tmp_path, small_study, small_images):
    arguments = [
        "run",
        small_study,
        "--only",
        "plain",
        "--seeds",
        "1",
        "--data-dir",
        small_images,
        "--out",
        "out",
    ]
    with paribus(*arguments, "--live", cwd=tmp_path) as process:
        address = address_in(line_with(process, "live page"))
        line_with(process, "still there")
        page = httpx.get(address, timeout=300, follow_redirects=True)
        assert str(page.url) == f"{address}study/out/report"
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0


def test_a_folder_that_cannot_be_written_is_one_message_before_anything_is_trained(tmp_path):
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "run", "lab2", "--embedded", "--live", "--out", "file/out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "file/out cannot be used as a study's folder: Not a directory." in done.stderr
