"""What a study changes in the training data: paired draws, clean labels elsewhere, and runs that go on."""

from itertools import pairwise

import numpy as np
import pytest
from tests.engine.test_training import same_end

from paribus.data.split import split
from paribus.data.training_labels import epoch_rows, example_weights, training_labels
from paribus.engine.augmentation import Augmentation, augmentation_seeds
from paribus.engine.program import Program
from paribus.engine.training import Resumed, train
from paribus.record.checkpoint import Checkpoint, decode, encode
from paribus.study.configuration import Technique
from paribus.study.update_mode import update_mode

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("plainly_compiled")]

AUGMENTED = ["random_flip", {"random_translation": {"height_factor": 0.1, "width_factor": 0.1}}]


def trained(spec, images, new_sink):
    sink = new_sink()
    train([spec], images, sink)
    return sink


@pytest.mark.parametrize(
    "settings",
    [
        {"split": "stratified", "train_size": 150},
        {"label_noise": 0.4, "batch_size": 16},
        {"shuffle_labels": True, "label_smoothing": 0.1},
        {"class_weight": "balanced"},
        {"balance": "over"},
        {"balance": "under", "batch_size": 10},
        {"augment": [*AUGMENTED, {"gaussian_noise": 0.1}]},
        {"reduce_on_plateau": {"patience": 0, "factor": 0.5, "min_delta": 1.0}},
        {"reduce_on_plateau": {"patience": 0, "factor": 0.5, "min_delta": 1.0}, "batch_size": 16},
    ],
    ids="-".join,
)
@pytest.mark.usefixtures("every_epoch")
def test_a_run_interrupted_after_any_epoch_goes_on_to_the_same_bits(images, specify, new_sink, settings):
    spec = specify(**settings)
    whole = new_sink()
    program = Program(spec.configuration, images.x_train.shape[1:])
    train([spec], images, whole, program=program)
    assert len(whole.checkpoints[spec.digest]) == 3
    for epoch, checkpoint in whole.checkpoints[spec.digest].items():
        rest = new_sink()
        history = whole.rows[spec.digest][:epoch]
        kept = Checkpoint(epoch, decode(encode(checkpoint.tensors)))
        train([spec], images, rest, program=program, resumed={spec.digest: Resumed(kept, history)})
        assert history + rest.rows[spec.digest] == whole.rows[spec.digest]
        same_end(whole, rest, spec)


def test_noise_is_in_training_labels_alone_and_a_larger_share_changes_the_same_and_more(images, specify):
    splits = split(images, 0.2, 0)
    less, more = (
        training_labels(splits, specify(label_noise=share).configuration, 0) for share in (0.2, 0.5)
    )
    np.testing.assert_array_equal(more[splits.validation], images.y_train[splits.validation])
    changed, others = (np.flatnonzero(labels != images.y_train) for labels in (less, more))
    assert set(changed) < set(others)
    np.testing.assert_array_equal(less[changed], more[changed])
    assert 0.35 < len(others) / len(splits.train) < 0.65
    other_seed = training_labels(splits, specify(label_noise=0.5).configuration, 1)
    assert (other_seed != more).any()


def test_a_matrix_says_which_classes_are_mixed_up(images, specify):
    matrix = np.eye(10)
    matrix[3, 3], matrix[3, 8] = 0.0, 1.0
    splits = split(images, 0.2, 0)
    labels = training_labels(splits, specify(label_noise={"matrix": matrix.tolist()}).configuration, 0)
    now = labels[splits.train]
    before = images.y_train[splits.train]
    np.testing.assert_array_equal(now, np.where(before == 3, 8, before))


def test_shuffled_labels_are_the_same_labels_elsewhere(images, specify):
    splits = split(images, 0.2, 0)
    labels = training_labels(splits, specify(shuffle_labels=True).configuration, 0)
    np.testing.assert_array_equal(labels[splits.validation], images.y_train[splits.validation])
    assert (labels != images.y_train).mean() > 0.5
    np.testing.assert_array_equal(np.sort(labels), np.sort(images.y_train))


def test_a_network_learns_no_more_than_chance_from_shuffled_labels(images, specify, new_sink):
    spec = specify(shuffle_labels=True, epochs=10)
    result = trained(spec, images, new_sink).results[spec.digest]
    assert result.test["accuracy"] < 0.35


def test_balanced_weights_are_those_of_scikit_learn(images, specify):
    from sklearn.utils.class_weight import compute_sample_weight

    splits = split(images, 0.2, 0)
    weights = example_weights(images.y_train, splits.train, specify(class_weight="balanced").configuration)
    expected = compute_sample_weight("balanced", images.y_train[splits.train])
    np.testing.assert_allclose(weights[splits.train], expected, rtol=1e-6)


def test_weights_of_one_are_no_weights(specify):
    assert specify(class_weight={"3": 1, "4": 1.0}).digest == specify().digest


@pytest.mark.parametrize("way", ["over", "under"])
def test_a_balanced_epoch_has_as_many_of_each_class(images, specify, way):
    splits = split(images, 0.2, 0)
    configuration = specify(balance=way, batch_size=10).configuration
    first, second = (
        epoch_rows(images.y_train, splits.train, configuration, seed=0, epoch=epoch) for epoch in (1, 2)
    )
    counts = np.bincount(images.y_train[splits.train], minlength=10)
    size = counts.max() if way == "over" else counts.min()
    np.testing.assert_array_equal(np.bincount(images.y_train[first]), np.full(10, size))
    assert set(first) <= set(splits.train)
    assert sorted(first) != sorted(second)
    if way == "over":
        assert set(first) == set(splits.train)
        assert all(np.bincount(first)[splits.train] >= size // counts[images.y_train[splits.train]])


def test_smaller_sizes_are_parts_of_larger_ones_beside_the_same_validation(images):
    sizes = [20, 0.25, 100, None]
    found = [split(images, 0.2, 3, train_size=size) for size in sizes]
    assert [len(each.train) for each in found] == [20, 52, 100, 208]
    for smaller, larger in pairwise(found):
        assert set(smaller.train) < set(larger.train)
        np.testing.assert_array_equal(smaller.validation, larger.validation)


def test_augmentation_changes_training_images_and_nothing_else(images, specify, new_sink):
    """At next to no learning rate the weights stand still, so that scores differ by the inputs alone."""
    rate = {"optimizer": {"name": "sgd", "learning_rate": 1e-12}, "epochs": 2}
    plain, changed = specify(**rate), specify(**rate, augment=AUGMENTED)
    one, two = (trained(spec, images, new_sink) for spec in (plain, changed))
    rows, others = one.rows[plain.digest], two.rows[changed.digest]
    assert rows[0]["loss"] == pytest.approx(rows[1]["loss"])
    assert abs(others[0]["loss"] - others[1]["loss"]) > 1e-5
    assert [row["val_loss"] for row in rows] == pytest.approx([row["val_loss"] for row in others])
    assert one.results[plain.digest].test == pytest.approx(two.results[changed.digest].test)
    assert one.probes[plain.digest][-1].data_loss == pytest.approx(two.probes[changed.digest][-1].data_loss)


def test_a_layer_draws_the_same_whatever_other_layers_there_are(images):
    flip = Technique(name="random_flip", arguments={"mode": "horizontal"})
    noise = Technique(name="gaussian_noise", arguments={"stddev": 0.5})
    pixels = images.x_train[:8].astype(np.float32)

    def drawn(layers, seed=0, step=3):
        return np.asarray(Augmentation(layers).noise(pixels, augmentation_seeds(layers, seed), step))

    np.testing.assert_array_equal(drawn([noise]), drawn([flip, noise]))
    assert (drawn([noise]) != drawn([noise], step=4)).all(axis=(1, 2, 3)).any()
    assert (drawn([noise]) != drawn([noise], seed=1)).any()
    assert np.std(drawn([noise]) - pixels) == pytest.approx(0.5, rel=0.05)
    flipped = np.asarray(Augmentation([flip]).images(pixels, augmentation_seeds([flip], 0), 0))
    for before, after in zip(pixels, flipped, strict=True):
        assert any(np.array_equal(after, each) for each in (before, before[:, ::-1]))
    assert (flipped != pixels).any()


def test_a_reduced_rate_is_in_the_rows(images, specify, new_sink):
    settings = {"patience": 1, "factor": 0.5, "min_delta": 100.0, "cooldown": 1, "min_lr": 0.06}
    spec = specify(reduce_on_plateau=settings, epochs=8)
    rows = trained(spec, images, new_sink).rows[spec.digest]
    assert [row["learning_rate"] for row in rows] == pytest.approx(
        [0.2, 0.2, 0.1, 0.06, 0.06, 0.06, 0.06, 0.06], rel=1e-6
    )


def test_weights_and_changed_images_are_not_delayed(specify):
    assert update_mode(specify(batch_size=8).configuration) == "delayed"
    for settings in ({"class_weight": "balanced"}, {"augment": ["random_flip"]}):
        assert update_mode(specify(batch_size=8, **settings).configuration) == "stepwise"
    for settings in ({"label_smoothing": 0.1}, {"balance": "over"}, {"reduce_on_plateau": {}}):
        assert update_mode(specify(batch_size=8, **settings).configuration) == "delayed"


def test_seeds_are_folds_and_variants_at_one_seed_are_tested_on_the_same(images, specify, new_sink):
    tested = {}
    for seed in range(3):
        specs = [specify(seed=seed, folds=3, epochs=1, **more) for more in ({}, {"label_smoothing": 0.1})]
        one, other = (trained(spec, images, new_sink).trained[spec.digest] for spec in specs)
        np.testing.assert_array_equal(one.labels, other.labels)
        tested[seed] = one.labels
    every = np.concatenate([*tested.values()])
    np.testing.assert_array_equal(np.sort(every), np.sort(np.concatenate([images.y_train, images.y_test])))
