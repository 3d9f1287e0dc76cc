"""One process trains into a folder; a second is told who, and what a killed one left is no obstacle."""

import errno
import json
import os
import platform
import re
import subprocess
import sys
import time
from contextlib import ExitStack

import psutil
import pytest

from paribus.errors import StoreError
from paribus.record import lock
from paribus.record.store import Store
from paribus.texts.quantities import moment

HOLD = """\
import errno, sys, time
from pathlib import Path
from paribus.record import lock

def missing(*_):
    raise OSError(errno.ENOLCK, "No locks available")

if sys.argv[2] == "without":
    import fcntl
    fcntl.flock = missing
with lock.hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""
KERNELS = ["with", "without"]


@pytest.fixture
def holding(tmp_path):
    """Start a process that holds the folder, with the kernel's locks or without."""
    with ExitStack() as started:

        def start(kernel):
            command = [sys.executable, "-c", HOLD, str(tmp_path), kernel]
            process = started.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            )
            started.callback(process.kill)
            assert process.stdout.readline() == "held\n", process.stderr.read()
            return process

        yield start


@pytest.fixture
def kernel(request, monkeypatch):
    """Whether this process has the kernel's locks."""
    if request.param == "without":
        take_locks_away(monkeypatch, errno.ENOLCK)
    return request.param


def take_locks_away(monkeypatch, number):
    fcntl = pytest.importorskip("fcntl")

    def missing(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", missing)


def fail(held):
    assert held
    raise ZeroDivisionError


def write_holder(folder, name=lock.HOLDER, **changes):
    """A holder's file as this process would have left it."""
    this = {
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "host": platform.node(),
        "since": "2026-01-31T12:00:00+00:00",
    }
    (folder / name).write_text(json.dumps({**this, **changes}))


def leave_holder(folder, name=lock.HOLDER):
    """A holder's file of a process that was and is no more."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(gone.pid).create_time()
    gone.wait()
    write_holder(folder, name, pid=gone.pid, started=started)


@pytest.mark.parametrize("kernel", KERNELS, indirect=True)
def test_a_second_process_is_refused_and_told_who_and_since_when(tmp_path, holding, kernel):
    process = holding(kernel)
    since = moment(json.loads((tmp_path / "lock.holder").read_text())["since"])
    with (
        pytest.raises(StoreError, match=re.escape(f"process {process.pid} (since {since})")),
        lock.hold(tmp_path),
    ):
        pytest.fail("two writers at once")
    assert lock.is_held(tmp_path)


@pytest.mark.parametrize("kernel", KERNELS, indirect=True)
def test_a_second_writer_in_the_same_process_is_refused(tmp_path, kernel):
    with lock.hold(tmp_path), pytest.raises(StoreError, match=str(os.getpid())), lock.hold(tmp_path):
        pytest.fail("two writers at once")


@pytest.mark.parametrize("kernel", KERNELS, indirect=True)
def test_the_folder_is_free_again_after_a_writer_also_after_one_that_failed(tmp_path, kernel):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), lock.hold(tmp_path):
            fail(lock.is_held(tmp_path))
        assert not lock.is_held(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"lock"}


@pytest.mark.parametrize("kernel", KERNELS, indirect=True)
def test_the_lock_of_a_killed_process_is_taken_over_at_once(tmp_path, holding, kernel):
    process = holding(kernel)
    process.kill()
    process.wait()
    assert (tmp_path / "lock.holder").exists()
    assert not lock.is_held(tmp_path)
    with lock.hold(tmp_path):
        assert lock.read(tmp_path / "lock.holder").pid == os.getpid()


@pytest.mark.parametrize("kernel", KERNELS, indirect=True)
def test_a_killed_process_that_nobody_has_waited_for_holds_nothing(tmp_path, holding, kernel):
    process = holding(kernel)
    process.kill()
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    with lock.hold(tmp_path):
        assert lock.read(tmp_path / "lock.holder").pid == os.getpid()


@pytest.mark.parametrize("kernel", KERNELS, indirect=True)
def test_a_number_that_another_process_has_now_is_not_the_holder(tmp_path, kernel):
    write_holder(tmp_path, started=psutil.Process().create_time() - 3600)
    assert not lock.is_held(tmp_path)
    with lock.hold(tmp_path):
        assert lock.is_held(tmp_path)


def test_readers_neither_wait_for_a_writer_nor_disturb_it(tmp_path, holding, made):
    study, data = made.study(), {"mnist": made.MNIST}
    store = Store(tmp_path)
    store.write_study(study, data)
    process = holding("with")
    before = (tmp_path / "lock.holder").read_bytes()
    for _ in range(20):
        assert store.is_held()
        assert store.study() == (study, data)
        assert store.records(study, data) == {}
    assert process.poll() is None
    assert (tmp_path / "lock.holder").read_bytes() == before
    with pytest.raises(StoreError, match=str(process.pid)), lock.hold(tmp_path):
        pytest.fail("the readers set the folder free")


def test_a_reader_at_any_moment_does_not_keep_a_writer_out(tmp_path):
    reader = """\
import sys
from pathlib import Path
from paribus.record import lock
print("reads", flush=True)
while True:
    lock.is_held(Path(sys.argv[1]))
"""
    with subprocess.Popen([sys.executable, "-c", reader, str(tmp_path)], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            for _ in range(50):
                with lock.hold(tmp_path):
                    pass
        finally:
            process.kill()


def test_a_process_of_another_computer_counts_as_training_until_the_kernel_says_otherwise(tmp_path):
    write_holder(tmp_path, host="elsewhere")
    assert lock.is_held(tmp_path)
    with lock.hold(tmp_path):
        assert lock.read(tmp_path / "lock.holder").host == platform.node()


def test_without_locks_a_process_of_another_computer_is_never_taken_for_dead(tmp_path, monkeypatch):
    take_locks_away(monkeypatch, errno.ENOLCK)
    write_holder(tmp_path, host="elsewhere", pid=7)
    with pytest.raises(StoreError, match="process 7 on the computer elsewhere"), lock.hold(tmp_path):
        pytest.fail("two writers at once")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_said_once(tmp_path, monkeypatch, capsys, number):
    take_locks_away(monkeypatch, number)
    for _ in range(2):
        with lock.hold(tmp_path):
            assert lock.is_held(tmp_path)
    told = capsys.readouterr().err
    assert told.count("no working locks") == 1
    assert str(tmp_path / "lock.holder") in told


def test_with_locks_nothing_is_said(tmp_path, capsys):
    with lock.hold(tmp_path):
        pass
    assert capsys.readouterr().err == ""


def test_a_process_that_found_no_locks_is_respected_by_one_that_finds_them(tmp_path, holding):
    process = holding("without")
    with pytest.raises(StoreError, match=str(process.pid)), lock.hold(tmp_path):
        pytest.fail("two writers at once")


def test_who_finds_a_dead_file_too_late_leaves_the_new_one_alone(tmp_path, monkeypatch):
    """The slower of two has judged the file dead, when the faster has replaced it already."""
    take_locks_away(monkeypatch, errno.ENOLCK)
    leave_holder(tmp_path)
    judge, judged = lock._is_abandoned, []

    def slow(path):
        answer = judge(path)
        if not judged:
            judged.append(answer)
            write_holder(tmp_path, pid=os.getppid(), started=psutil.Process(os.getppid()).create_time())
        return answer

    monkeypatch.setattr(lock, "_is_abandoned", slow)
    with pytest.raises(StoreError, match=str(os.getppid())), lock.hold(tmp_path):
        pytest.fail("two writers at once")
    assert judged == [True]
    assert lock.read(tmp_path / "lock.holder").pid == os.getppid()


def test_a_process_killed_while_it_took_over_is_no_obstacle_either(tmp_path, monkeypatch):
    take_locks_away(monkeypatch, errno.ENOLCK)
    for name in ("lock.holder", "lock.holder.takeover", "lock.holder.takeover.takeover"):
        leave_holder(tmp_path, name)
    with lock.hold(tmp_path):
        assert lock.is_held(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}


@pytest.mark.parametrize("content", ["", "{", "123", '{"pid": 1}', '{"pid": "a"}'])
def test_a_file_that_names_nobody_is_respected_for_a_minute_where_it_is_the_lock(
    tmp_path, monkeypatch, content
):
    path = tmp_path / "lock.holder"
    path.write_text(content)
    assert not lock.is_held(tmp_path)
    with lock.hold(tmp_path):
        pass
    take_locks_away(monkeypatch, errno.ENOLCK)
    monkeypatch.setattr(lock, "_TIMEOUT", 0.1)
    path.write_text(content)
    with pytest.raises(StoreError, match="another process is training"), lock.hold(tmp_path):
        pytest.fail("its writer may be about to write its name")
    long_ago = time.time() - 120
    os.utime(path, (long_ago, long_ago))
    with lock.hold(tmp_path):
        assert lock.is_held(tmp_path)


def test_a_folder_that_cannot_be_locked_says_so(tmp_path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(StoreError, match="cannot be used"), Store(tmp_path).writing():
        pytest.fail("no lock, no writer")


def test_an_error_while_training_stays_what_it_was(tmp_path):
    with pytest.raises(OSError, match="disk"), Store(tmp_path).writing():
        raise OSError("disk")
    assert not Store(tmp_path).is_held()


@pytest.mark.parametrize("dead_first", [False, True], ids=["free", "left-by-a-dead-process"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_of_many_that_want_the_folder_at_once_never_two_have_it(tmp_path, kernel, dead_first):
    """Each holder makes a file that must not be there, and takes it away again."""
    if kernel == "without":
        pytest.importorskip("fcntl")
    if dead_first:
        leave_holder(tmp_path)
    go = tmp_path / "go"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path), kernel],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        process.stdout.readline()
    go.touch()
    answers = [process.communicate(timeout=600) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, [err for _, err in answers]
    assert sum(int(out) for out, _ in answers) >= 1
    assert {path.name for path in tmp_path.iterdir()} <= {"go", "lock"}


RACE = """\
import errno, os, random, sys, time
from pathlib import Path
from paribus.errors import StoreError
from paribus.record import lock

def missing(*_):
    raise OSError(errno.ENOLCK, "No locks available")

folder = Path(sys.argv[1])
if sys.argv[2] == "without":
    import fcntl
    fcntl.flock = missing
    lock._say_no_locks = lambda _: None
lock._TIMEOUT = 0.05
taken = 0
print("ready", flush=True)
while not (folder / "go").exists():
    time.sleep(0.001)
for _ in range(25):
    try:
        with lock.hold(folder):
            os.close(os.open(folder / "alone", os.O_CREAT | os.O_EXCL))
            taken += 1
            time.sleep(random.uniform(0, 0.002))
            os.unlink(folder / "alone")
    except StoreError:
        time.sleep(random.uniform(0, 0.005))
print(taken)
"""


def wait_until(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
