from __future__ import annotations

from dataclasses import replace

import pytest

from paribus.record import probes
from paribus.record.probes import LayerProbe, Probe
from paribus.report.internals import of_probes


def probe(step, gradient, dead=0.0, active=0.5):
    layers = {
        "hidden_1": LayerProbe(gradient=gradient, ratio=gradient / 10, dead=dead, active=active),
        "output": LayerProbe(gradient=1.0),
    }
    return Probe(0, step, 0.1, 0.0, 0.9, (1,) * 10, None, layers)


@pytest.fixture
def probed(made, tmp_path):
    """A run with these probes kept."""

    def kept(seed, *found):
        folder = tmp_path / str(seed)
        folder.mkdir()
        probes.append(folder / probes.PROBES, found)
        return replace(made.run(made.history(2), seed=seed), folder=folder)

    return kept


def panels(charts):
    return {chart.panel.removeprefix("page.inside-"): chart for chart in charts}


def test_each_layer_has_a_line_over_the_updates(probed):
    chart = panels(of_probes([probed(0, probe(0, 4.0), probe(10, 2.0), probe(20, 1.0))]))["gradient"]
    assert chart.at == (0, 10, 20)
    assert chart.counts == "step"
    assert [(line.of, line.mean) for line in chart.lines] == [
        ("hidden_1", (4.0, 2.0, 1.0)),
        ("output", (1.0, 1.0, 1.0)),
    ]


def test_runs_are_summarized_and_a_shorter_one_counts_as_far_as_it_goes(probed):
    runs = [probed(0, probe(0, 4.0), probe(10, 2.0)), probed(1, probe(0, 2.0))]
    line = panels(of_probes(runs))["gradient"].lines[0]
    assert (line.mean, line.low, line.high) == ((3.0, 2.0), (2.0, 2.0), (4.0, 2.0))
    assert line.n_runs == (2, 1)


def test_shares_are_percentages_and_what_is_never_above_zero_has_no_chart(probed):
    found = panels(of_probes([probed(0, probe(0, 4.0), probe(10, 2.0, active=0.25))]))
    assert found["active"].unit == "percent"
    assert found["active"].lines[0].mean == (50.0, 25.0)
    assert "dead" not in found
    assert "identical" not in found


def test_runs_of_an_earlier_version_have_none(made):
    assert of_probes([made.run(made.history(2))]) == ()
