"""Event files, read back by TensorBoard's own reader."""

from __future__ import annotations

import pytest

from paribus.trackers.sender import Sender
from paribus.trackers.to_tensorboard import TensorBoard

pytestmark = pytest.mark.trackers


def send(written):
    watcher = Sender(
        written.folder, "tensorboard", lambda _study: TensorBoard(written.folder / "tensorboard")
    )
    watcher.send()
    watcher.close()
    assert watcher.error is None


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }


def test_a_run_has_a_folder_and_its_metrics_by_epoch(written):
    written.whole("plain", seed=1)
    send(written)
    found = read(written.folder / "tensorboard" / "plain" / "seed-1")
    assert [step for step, _ in found["loss"]] == [1, 2, 3]
    assert [value for _, value in found["loss"]] == pytest.approx([1, 1 / 2, 1 / 3])
    assert found["test_accuracy"] == [(3, 0.75)]


def test_a_run_has_its_settings(written):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata

    written.whole("plain")
    send(written)
    events = EventAccumulator(str(written.folder / "tensorboard" / "plain" / "seed-0"))
    events.Reload()
    kept = events.PluginTagToContent(metadata.PLUGIN_NAME)[metadata.SESSION_START_INFO_TAG]
    settings = metadata.parse_session_start_info_plugin_data(kept).hparams
    assert settings["optimizer.learning_rate"].number_value == 0.01
    assert settings["variant"].string_value == "plain"


def test_a_run_that_goes_on_has_every_step_once(written):
    written.begin("plain")
    written.epoch("plain", 1, 2)
    send(written)
    written.epoch("plain", 3)
    written.end("plain")
    send(written)
    found = read(written.folder / "tensorboard" / "plain" / "seed-0")
    assert [step for step, _ in found["loss"]] == [1, 2, 3]


def test_a_watcher_that_follows_writes_as_the_run_grows(written):
    watcher = Sender(
        written.folder, "tensorboard", lambda _study: TensorBoard(written.folder / "tensorboard")
    )
    written.begin("plain")
    for epoch in (1, 2):
        written.epoch("plain", epoch)
        watcher.send()
        found = read(written.folder / "tensorboard" / "plain" / "seed-0")
        assert [step for step, _ in found["loss"]] == list(range(1, epoch + 1))
    watcher.close()
