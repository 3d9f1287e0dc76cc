"""Compiled programs kept between processes: damage is never believed, and no real run changes."""

import os

import pytest
from tests.execute.test_local import Small

from paribus.engine.compiled import Entries, make_room
from paribus.execute.local import execute
from paribus.record.run import Status


@pytest.fixture
def entries(tmp_path):
    made = Entries(tmp_path / "compiled")
    made.put("jit_epoch-12", b"program" * 100)
    return made


def files_of(folder):
    return sorted(path for path in folder.rglob("*.compiled") if path.is_file())


def test_what_was_put_is_got(entries):
    assert entries.get("jit_epoch-12") == b"program" * 100


@pytest.mark.parametrize("kept", [0, 1, 31, 32, 33, 731])
def test_a_truncated_entry_is_none(entries, tmp_path, kept):
    (path,) = files_of(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    assert entries.get("jit_epoch-12") is None


@pytest.mark.parametrize("place", [0, 31, 32, 400, 731])
def test_an_entry_with_a_flipped_bit_is_none_and_replaced(entries, tmp_path, place):
    (path,) = files_of(tmp_path)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert entries.get("jit_epoch-12") is None
    entries.put("jit_epoch-12", b"again")
    assert entries.get("jit_epoch-12") == b"again"


def test_an_entry_of_another_program_is_none(entries, tmp_path):
    (path,) = files_of(tmp_path)
    entries.put("jit_epoch-34", b"other")
    (other,) = set(files_of(tmp_path)) - {path}
    other.replace(path)
    assert entries.get("jit_epoch-12") is None


def test_a_folder_that_cannot_be_made_keeps_nothing_and_says_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    nowhere = Entries(tmp_path / "file" / "compiled")
    nowhere.put("jit_epoch-12", b"program")
    assert nowhere.get("jit_epoch-12") is None


def test_the_entries_used_longest_ago_make_room(entries, tmp_path):
    entries.put("jit_scores-12", b"program" * 100)
    first, second = files_of(tmp_path)
    os.utime(first, (1, 1))
    (tmp_path / ".gone.compiled.7.tmp").write_bytes(b"half of one")
    os.utime(tmp_path / ".gone.compiled.7.tmp", (0, 0))
    (tmp_path / "of another").write_bytes(b"not ours")
    make_room(tmp_path, 732)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {second.name, "of another"}


STUDY = {
    "name": "tiny",
    "base": {
        "data": "mnist",
        "validation": 0.2,
        "scale": "unit",
        "model": [{"dense": {"units": 10, "activation": "sigmoid"}}],
        "loss": "binary_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.5},
        "batch_size": 60,
        "epochs": 2,
    },
    "variants": {"plain": {}},
}


@pytest.fixture(scope="module")
def run(small_images, tmp_path_factory):
    """Train with programs from a cache, in a process of its own; the study's folder."""
    tiny, cache = Small(STUDY, small_images), tmp_path_factory.mktemp("cache")

    def run(cache=cache):
        out = tmp_path_factory.mktemp("out")
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("JAX_")]:
                patch.delenv(name)
            patch.setenv("PARIBUS_CACHE", str(cache))
            execute(tiny.assignments(out), 1, lambda _event: None)
        (record,) = tiny.records(out).values()
        assert record.status is Status.FINISHED
        return out

    run.cache = cache
    return run


@pytest.fixture(scope="module")
def cold(run):
    return run()


def test_its_runs_are_the_same_to_the_byte_from_programs_compiled_before(run, cold, same_bytes):
    kept = {path: path.stat().st_ino for path in files_of(run.cache)}
    assert kept
    assert bytes_of(run(), same_bytes) == bytes_of(cold, same_bytes)
    assert {path: path.stat().st_ino for path in files_of(run.cache)} == kept


def test_damaged_programs_are_compiled_again_to_the_same_bytes(run, cold, same_bytes):
    damaged = {}
    for place, path in enumerate(files_of(run.cache)):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        damaged[path] = bytes(content[: len(content) // 2] if place % 2 else content)
        path.write_bytes(damaged[path])
    assert bytes_of(run(), same_bytes) == bytes_of(cold, same_bytes)
    assert not [path for path, content in damaged.items() if path.read_bytes() == content]


def test_a_cache_that_cannot_be_written_does_not_matter(run, cold, same_bytes, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert bytes_of(run(tmp_path / "file"), same_bytes) == bytes_of(cold, same_bytes)


def bytes_of(out, names):
    found = [path for name in names for path in sorted(out.glob(f"runs/*/{name}"))]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}
