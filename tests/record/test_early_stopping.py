"""When training stops, and which epoch was best, against Keras's own callback; no training."""

import keras
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from keras.src.trainers.compile_utils import MetricsList

from paribus.record.early_stopping import Stopper
from paribus.study.configuration import EarlyStopping


class Model:
    """What the callback needs of a model: its metrics, and weights that say which epoch they are from."""

    def __init__(self):
        self.metrics = [MetricsList([keras.metrics.BinaryAccuracy(name="accuracy")])]
        self.stop_training = False
        self.epoch = 0

    def get_weights(self):
        return self.epoch

    def set_weights(self, epoch):
        self.epoch = epoch


def by_keras(settings, values):
    """The last epoch and the epoch whose weights are kept, by `keras.callbacks.EarlyStopping`."""
    callback = keras.callbacks.EarlyStopping(**settings.model_dump())
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch + 1
        callback.on_epoch_end(epoch, {settings.monitor: value})
        if model.stop_training:
            break
    last = model.epoch
    callback.on_train_end()
    return last, model.epoch


def by_stopper(settings, values):
    """The same, by ours; training keeps the best epoch's weights where they are to be restored."""
    stopper = Stopper(settings)
    for epoch, value in enumerate(values, start=1):
        if stopper.observe(epoch, {settings.monitor: value}):
            break
    restored = stopper.best_epoch if settings.restore_best_weights else None
    return epoch, restored or epoch


coarse = st.integers(0, 20).map(lambda tenths: tenths / 10)
fine = st.floats(width=32, allow_subnormal=False)
conditions = st.builds(
    EarlyStopping,
    monitor=st.sampled_from(["loss", "accuracy", "val_loss", "val_accuracy"]),
    min_delta=st.sampled_from([0.0, 0.1, 0.25]) | st.floats(0, 2, allow_subnormal=False),
    patience=st.integers(0, 4),
    mode=st.sampled_from(["auto", "min", "max"]),
    baseline=st.none() | coarse,
    restore_best_weights=st.booleans(),
    start_from_epoch=st.integers(0, 4),
)


@given(
    conditions, st.lists(coarse, min_size=1, max_size=12) | st.lists(coarse | fine, min_size=1, max_size=12)
)
@example(EarlyStopping(patience=0), [1.0])
@example(EarlyStopping(patience=1, restore_best_weights=True, start_from_epoch=4), [1.0, 2.0])
@example(EarlyStopping(patience=2, baseline=0.1, restore_best_weights=True), [0.5, 0.3, 0.4, 0.2])
@example(EarlyStopping(patience=1), [1.0, 1.0 - 1e-9, 1.0 - 2e-9])
@settings(max_examples=300, deadline=None)
def test_training_stops_and_restores_where_keras_does(settings, values):
    assert by_stopper(settings, values) == by_keras(settings, values)


@pytest.mark.parametrize(
    ("settings", "values", "last", "best"),
    [
        ({"patience": 3}, [9, 5, 6, 4, 6, 4, 5, 3], 7, 4),
        ({"patience": 0}, [3, 2, 1, 1, 0], 4, 3),
        ({"patience": 0}, [3, 4, 1], 2, 1),
        ({"patience": 0}, [3], 1, 1),
        ({"patience": 1, "min_delta": 0.5}, [3, 2.5, 2.6], 2, 1),
        ({"patience": 1, "monitor": "val_accuracy"}, [0.5, 0.6, 0.6, 0.9], 3, 2),
        ({"patience": 1, "monitor": "val_accuracy", "mode": "min"}, [0.5, 0.6, 0.4], 2, 1),
        ({"patience": 1, "start_from_epoch": 2}, [1, 2, 3, 4, 5], 4, 3),
        ({"patience": 2, "baseline": 0.5}, [0.9, 0.8, 0.7, 0.6], 4, 4),
        ({"patience": 3, "baseline": 0.5}, [0.9, 0.4, 0.6, 0.6, 0.6], 5, 2),
        ({"patience": 2}, [float("nan")] * 5, 3, 1),
    ],
)
def test_patience_counts_epochs_without_a_new_best(settings, values, last, best):
    settings = EarlyStopping(restore_best_weights=True, **settings)
    assert by_stopper(settings, values) == (last, best)


@pytest.mark.parametrize("monitor", ["data_loss", "penalty", "val_data_loss"])
def test_the_parts_of_a_loss_are_to_fall(monitor):
    """Keras has no such metrics; its rule for losses holds for their parts."""
    assert by_stopper(EarlyStopping(monitor=monitor, patience=1), [3, 2, 2.5, 1])[0] == 3


def test_a_metric_that_is_not_measured_is_an_error():
    with pytest.raises(KeyError):
        Stopper(EarlyStopping(monitor="val_loss")).observe(1, {"loss": 1.0})
