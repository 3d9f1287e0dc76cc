"""A study's folder of others, sent to a tracker: nothing outside of it is deleted or written."""

from __future__ import annotations

import json

import pytest

from paribus.trackers.sender import Sender
from paribus.trackers.sent import Sent
from paribus.trackers.watching import Watching

TRACKERS = pytest.mark.trackers


@pytest.fixture
def victim(tmp_path):
    folder = tmp_path / "victim"
    (folder / "seed-0").mkdir(parents=True)
    (folder / "precious").write_text("x")
    (folder / "seed-0" / "precious").write_text("x")
    yield folder
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*")) == [
        "precious",
        "seed-0",
        "seed-0/precious",
    ]


def remember(written, kind, place, identity):
    (written.folder / "trackers").mkdir()
    runs = {written.spec("plain").digest: {"identity": str(identity), "epochs": 0, "status": ""}}
    (written.folder / "trackers" / f"{kind}.json").write_text(json.dumps({place: runs}))


def send(written, kind, make):
    sender = Sender(written.folder, kind, make)
    sender.send()
    sender.close()
    assert sender.error is None
    assert sender.count == 1


@TRACKERS
@pytest.mark.parametrize(
    "identity", ["{}", "../../victim", "../../victim/seed-0", ".", "..", "a/../../../victim"]
)
def test_no_remembered_folder_of_tensorboard_leads_out(written, victim, identity):
    from paribus.trackers.to_tensorboard import TensorBoard

    written.whole("plain")
    remember(written, "tensorboard", "./tensorboard", identity.format(victim))
    send(written, "tensorboard", lambda _study: TensorBoard(written.folder / "tensorboard"))
    assert [*(written.folder / "tensorboard" / "plain" / "seed-0").iterdir()]


@TRACKERS
@pytest.mark.parametrize("identity", ["/../../../victim", "*", "/../../../*"])
def test_no_remembered_run_of_wandb_leads_out(written, victim, identity, monkeypatch):
    from paribus.trackers.to_wandb import WandB

    monkeypatch.setenv("WANDB_MODE", "offline")
    written.whole("plain")
    other = written.folder / "wandb" / "offline-run-1-"
    other.mkdir(parents=True)
    remember(written, "wandb", "./wandb", identity)
    send(written, "wandb", lambda study: WandB(written.folder, study))
    assert other.exists()


@TRACKERS
def test_a_link_in_place_of_a_variants_folder_is_not_followed(written, victim):
    from paribus.trackers.to_tensorboard import TensorBoard

    written.whole("plain")
    (written.folder / "tensorboard").mkdir()
    (written.folder / "tensorboard" / "plain").symlink_to(victim)
    sender = Sender(written.folder, "tensorboard", lambda _study: TensorBoard(written.folder / "tensorboard"))
    sender.send()
    assert isinstance(sender.error, OSError)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("tensorboard", "trackers"),
        ("tensorboard", "trackers/tensorboard.lock"),
        ("tensorboard", "trackers/tensorboard.json"),
        ("tensorboard", "tensorboard"),
        ("wandb", "wandb"),
        ("mlflow", "mlflow.db"),
    ],
)
def test_nothing_is_sent_from_a_folder_in_which_a_link_leads_elsewhere(written, victim, kind, name):
    link = written.folder / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(victim if name in ("trackers", "tensorboard", "wandb") else victim / "new")
    watching = Watching(written.folder, kind)
    try:
        watching.end()
        said = str(watching.wait().error)
    finally:
        watching.kill()
    assert link.name in said


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        '{"memory": []}',
        '{"memory": {"a": 1}}',
        '{"memory": {"a": {"identity": 1}}}',
        '{"memory": {"a": {"identity": "x", "epochs": "y"}}}',
    ],
)
def test_what_was_sent_is_unknown_where_the_file_says_nothing_of_use(written, in_memory, content):
    written.whole("plain")
    (written.folder / "trackers").mkdir()
    (written.folder / "trackers" / "memory.json").write_text(content)
    send(written, "memory", lambda _study: in_memory)
    known = Sent(written.folder, "memory", "memory", in_memory.identities)
    assert known.of(written.spec("plain").digest) is not None
