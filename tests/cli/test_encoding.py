"""Every command on a terminal that has no characters but ASCII: the nearest of them, and no traceback."""

import io
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.cli import encoding
from paribus.texts import LANGUAGES

pytestmark = pytest.mark.whole

CALLS = (
    "import json, sys\nfrom paribus.cli import main\n"
    """
for words in json.loads(sys.argv[1]):
    sys.argv = ["paribus", *words]
    try:
        main()
    except SystemExit as ended:
        print("### status", ended.code)
"""
)


@given(st.characters(), st.sampled_from(["ascii", "latin-1", "cp1252"]))
def test_whatever_stands_for_a_character_can_be_written(letter, name):
    assert encoding.nearest(letter, name).encode(name) is not None


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("0–1, −3 → ±2", "0-1, -3 -> +/-2"),
        ("Độ chính xác tập kiểm tra", "Do chinh xac tap kiem tra"),
        ("漢", "?"),
    ],
)
def test_words_stay_readable(monkeypatch, words, shown):
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    encoding.tolerate_narrow_encodings()
    stream.write(words)
    stream.flush()
    assert written.getvalue().decode("ascii") == shown


@pytest.mark.parametrize(("words", "shown"), [("Độ → 漢", "Độ → 漢"), ("a\udcff.yaml", "a?.yaml")])
def test_an_output_of_every_character_lacks_only_the_bytes_of_a_name_that_is_no_text(
    monkeypatch, words, shown
):
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)
    encoding.tolerate_narrow_encodings()
    stream.write(words)
    stream.flush()
    assert written.getvalue().decode() == shown


@pytest.fixture(scope="module")
def folder(in_this_process, small_study, small_images, tmp_path_factory):
    """The results of a small study."""
    import paribus as pb

    out = tmp_path_factory.mktemp("ascii") / "out"
    pb.run(small_study, data_dir=small_images, out=out)
    pb.confirm(small_study, data_dir=small_images, out=out)
    return out


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_no_command_fails_on_an_ascii_terminal(folder, small_study, small_images, tmp_path, spoken):
    run = [str(small_study), "--data-dir", str(small_images), "--out", str(folder)]
    commands = [
        ["--help"], ["run", "--help"], ["data", "list"], ["review", "lab2"], ["show", "nothing"],
        ["keras", "lab2", "6"], ["run", *run], ["plan", *run], ["confirm", *run],
        ["show", str(folder)], ["show", str(folder), "--json"], ["diagnose", str(folder)],
        ["verify", str(folder)], ["doctor", str(folder)], ["report", str(folder), "--format", "md"],
    ]  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps([["--lang", spoken, *words] for words in commands])],
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "NPROC": "1"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")[-3000:]
    out, err = ran.stdout.decode("ascii"), ran.stderr.decode("ascii")
    assert "Traceback" not in err
    assert "UnicodeEncodeError" not in out + err
    assert out.count("### status ") == len(commands)
