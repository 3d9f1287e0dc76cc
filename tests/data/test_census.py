"""Counts of labels and copies, beside counts by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.spoilt import spoilt

from paribus.data.census import census
from paribus.data.embedded import stand_in

IMAGES = stand_in("mnist")


def changed(how: str):
    x_train, y_train = spoilt(IMAGES.x_train, IMAGES.y_train, how, 0)
    return census(replace(IMAGES, x_train=x_train, y_train=y_train))


def test_the_embedded_images_are_balanced_and_each_is_there_once():
    found = census(IMAGES)
    assert found.classes == (400,) * 10
    assert (found.contradictory, found.copies, found.tested) == (0, 0, 0)


def test_a_relabelled_class_is_missing():
    assert changed("commonest relabelled").classes.count(0) == 1


def test_images_that_are_added_under_another_label_are_counted_with_their_originals():
    found = changed("overlapping")
    assert (found.contradictory, found.copies) == (800, 400)


def test_repeated_images_are_copies_but_do_not_contradict():
    found = changed("copies")
    assert (found.contradictory, found.copies) == (0, 3_200)


def test_test_images_among_the_training_images_are_counted():
    both = np.concatenate([IMAGES.x_train, IMAGES.x_test[:7]])
    labels = np.concatenate([IMAGES.y_train, IMAGES.y_test[:7]])
    assert census(replace(IMAGES, x_train=both, y_train=labels)).tested == 7


def test_pixels_are_summed_up_as_numpy_does():
    found = census(IMAGES)
    for pixels, images in ((found.trained_pixels, IMAGES.x_train), (found.tested_pixels, IMAGES.x_test)):
        assert pixels == pytest.approx((images.mean(), images.std()))


def test_noise_shows_in_the_spread_of_pixels():
    assert changed("buried").trained_pixels[1] > 1.25 * census(IMAGES).tested_pixels[1]
