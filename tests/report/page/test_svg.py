from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest

from paribus.report.axis import Axis, round_values
from paribus.report.charts import Chart, DotPlot, Line
from paribus.report.page import svg
from paribus.report.page.svg import Scale
from paribus.texts import LANGUAGES, language

SVG = "{http://www.w3.org/2000/svg}"


def line(mean, *, low=(), high=(), complete_epochs=None, ink="train"):
    n_runs = tuple(1 for _ in mean)
    complete_epochs = len(mean) if complete_epochs is None else complete_epochs
    return Line("", "a", "loss", ink, tuple(mean), tuple(low), tuple(high), n_runs, complete_epochs)


def drawn(*lines, unit="plain"):
    return ET.fromstring(svg.chart(Chart("report.panel-loss", unit, lines)))


def of_class(tree, name):
    return [each for each in tree.iter() if name in each.get("class", "").split()]


def points(path):
    return [tuple(map(float, pair.split(","))) for pair in path.get("d").replace("M", "L").split("L")[1:]]


def test_an_axis_takes_values_to_places_and_a_logarithmic_one_ratios():
    assert Scale(Axis(0, 10, ()), 100, 200)(5) == 150
    assert Scale(Axis(1, 100, (), is_log=True), 0, 200)(10) == pytest.approx(100)


def test_the_line_goes_through_its_values():
    (path,) = of_class(drawn(line([1.0, 0.5, 0.75])), "line")
    across, up = zip(*points(path), strict=True)
    assert across[0] == 46
    assert across[1] == pytest.approx((across[0] + across[2]) / 2, abs=0.1)
    assert across[2] < 548  # where the name begins
    assert up[1] > up[2] > up[0]
    assert (up[1] - up[2]) == pytest.approx(up[2] - up[0], abs=0.2)


def test_a_line_breaks_where_there_is_no_value():
    (path,) = of_class(drawn(line([1.0, None, 0.5, 0.4])), "line")
    assert path.get("d").count("M") == 2


def test_a_single_epoch_is_a_dot():
    (path,) = of_class(drawn(line([0.5])), "line")
    assert path.get("d").endswith("h0")
    assert path.get("stroke-linecap") == "round"


def test_a_line_is_paler_where_fewer_runs_are_alive():
    whole, rest = of_class(drawn(line([4.0, 3.0, 2.0, 1.0], complete_epochs=2)), "line")
    assert (len(points(whole)), len(points(rest))) == (2, 3)
    assert points(whole)[-1] == points(rest)[0]
    assert float(rest.get("stroke-opacity")) < 1


def test_a_loss_of_many_sizes_is_drawn_on_a_logarithmic_scale():
    (path,) = of_class(drawn(line([100.0, 10.0, 1.0])), "line")
    heights = [y for _, y in points(path)]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)


def test_a_band_surrounds_its_line():
    tree = drawn(line([1.0, 2.0], low=[0.5, 1.5], high=[1.5, 2.5]))
    (band,) = of_class(tree, "band")
    assert band.get("d").count(",") == 4


def test_no_epoch_is_said_instead_of_drawn():
    tree = drawn()
    assert not of_class(tree, "line")
    assert any("no epoch" in (each.text or "") for each in tree.iter(f"{SVG}text"))


def test_the_drawing_is_described_for_those_who_cannot_see_it():
    label = drawn(line([1.0, 0.25])).get("aria-label")
    assert "Loss" in label
    assert "a: 1 at first, 0.25 at the end" in label


def test_each_difference_is_a_dot_with_its_seed_and_number():
    dots = DotPlot((0, 1), (0.01, -0.02), -0.005, (-0.2, 0.19), 0.005, lambda v: f"{100 * v:+.1f}", "two")
    tree = ET.fromstring(svg.dots(dots))
    assert [each[0].text for each in of_class(tree, "dot")] == ["seed 0: +1.0", "seed 1: -2.0"]
    left, right = (float(each.get("cx")) for each in of_class(tree, "dot"))
    zero = float(of_class(tree, "zero")[0].get("d")[1:].split(",")[0])
    assert right < zero < left
    assert of_class(tree, "mean")
    assert of_class(tree, "reach")


def test_one_difference_has_no_mean_beside_it():
    tree = ET.fromstring(svg.dots(DotPlot((0,), (0.0,), 0.0, None, None, str, "one")))
    assert len(of_class(tree, "dot")) == 1
    assert not of_class(tree, "mean")


def test_names_stay_text():
    hostile = replace(line([1.0, 0.5]), of='"><script>')
    tree = ET.fromstring(svg.chart(Chart("report.panel-loss", "plain", (hostile,))))
    assert not [each for each in tree.iter() if each.tag.endswith("script")]
    assert '"><script>' in tree.get("aria-label")


@pytest.mark.parametrize(("low", "high"), [(0, 1), (94.2, 100), (-0.003, 0.0207), (0, 1e-7), (1e3, 9e6)])
def test_ticks_are_few_round_and_within(low, high):
    ticks = round_values(low, high)
    assert 2 <= len(ticks) <= 7
    assert all(low - 1e-9 <= tick <= high * (1 + 1e-9) for tick in ticks)
    steps = {round((b - a) / (high - low), 6) for a, b in pairwise(ticks)}
    assert len(steps) == 1


def test_the_dots_stand_clear_of_their_names_in_every_language():
    dots = DotPlot((0, 1), (0.01, -0.02), -0.005, None, None, str, "two")
    for name in LANGUAGES:
        with language(name):
            tree = ET.fromstring(svg.dots(dots))
        (label,) = (
            each
            for each in tree.iter(f"{SVG}text")
            if each.text.endswith("0") and each.get("text-anchor") == "end"
        )
        assert float(label.get("x")) > 7 * len(label.text)
        assert min(float(each.get("cx")) for each in of_class(tree, "dot")) > float(label.get("x"))
