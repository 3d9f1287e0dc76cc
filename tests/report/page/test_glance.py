"""The small drawings of the first screen."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from tests.report.page import pages

from paribus.report.axis import Axis
from paribus.report.first_screen import FirstScreen
from paribus.report.forest import Forest, ForestRow
from paribus.report.page import glance


@pytest.fixture(scope="module")
def answer(made, tmp_path_factory):
    return FirstScreen(pages.ordinary(made, tmp_path_factory.mktemp("runs"))).answers[0]


def drawn(answer, mean, *, interval=None, corrected=None, beyond=0):
    row = ForestRow(answer, mean, interval, corrected, 0.5, beyond)
    forest = Forest("test_accuracy", (row,), Axis(-5, 5, (-5, 0, 5)))
    return ET.fromstring(glance.strip(forest, row))


def of_class(tree, name):
    return [each for each in tree.iter() if name in each.get("class", "").split()]


def span(path):
    first, last = path.get("d")[1:].split("H")
    return float(first.split(",")[0]), float(last)


def test_the_dot_lies_within_the_thick_bar_and_that_within_the_thin_one(answer):
    tree = drawn(answer, 1.0, interval=(0.5, 1.5), corrected=(-1.0, 3.0))
    thin, thick = (span(path) for path in of_class(tree, "tone"))
    (dot,) = (float(each.get("cx")) for each in of_class(tree, "dot"))
    assert thin[0] < thick[0] < dot < thick[1] < thin[1]


def test_what_is_off_the_scale_is_an_arrow_with_its_number(answer):
    tree = drawn(answer, -79.7, interval=(-81, -78), beyond=-1)
    assert not of_class(tree, "tone")
    assert "−79.7" in "".join(tree.itertext())
    (arrow,) = of_class(tree, "dot")
    assert float(arrow.get("d")[1:].split(",")[0]) < 12


def test_a_bar_that_is_cut_off_ends_in_an_arrowhead(answer):
    tree = drawn(answer, 1.0, interval=(0.5, 1.5), corrected=(-20.0, 3.0))
    assert len(of_class(tree, "dot")) == 2


def test_without_a_difference_only_the_scale_is_drawn(answer):
    tree = drawn(answer, None)
    assert not of_class(tree, "dot")
    assert of_class(tree, "margin")


PERCENT = Axis(0, 100, (0, 100))


def test_a_tile_is_drawn_on_the_scale_that_it_is_given():
    def heights(values, axis=PERCENT):
        (own,) = of_class(ET.fromstring(glance.tile(values, (), axis)), "own")
        return [float(pair.split(",")[1]) for pair in own.get("d").replace("M", "L").split("L")[1:]]

    height = glance.TILE[1]
    low, high = heights((10.0, 10.0)), heights((90.0, 95.0))
    assert low[0] == low[1] > 0.75 * height
    assert high[0] > high[1]
    assert high[1] < 0.25 * height
    first, last = heights((80.0, 96.0), Axis(80, 96, (80, 96)))
    assert first > 0.85 * height
    assert last < 0.15 * height


def test_a_curve_that_all_lies_below_its_scale_is_marked_and_drawn_outside():
    axis = Axis(80, 96, (80, 96))
    tree = ET.fromstring(glance.tile((9.0, 10.0), (85.0, 95.0), axis))
    assert len(of_class(tree, "worse")) == 1
    assert not of_class(ET.fromstring(glance.tile((79.0, 90.0), (), axis)), "worse")


def test_the_base_is_drawn_behind_in_grey():
    tree = ET.fromstring(glance.tile((50.0, 60.0), (40.0, 70.0), PERCENT))
    assert [each.get("class") for each in tree.iter() if "curve" in each.get("class", "")] == [
        "curve base",
        "curve own",
    ]


def test_a_single_epoch_is_a_dot():
    (own,) = of_class(ET.fromstring(glance.tile((50.0,), (), PERCENT)), "own")
    assert own.get("d").endswith("h0")
