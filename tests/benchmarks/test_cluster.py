"""The simulated cluster of docs/scale.md: its study, its plan, and the bounds that its figures keep."""

from __future__ import annotations

import tracemalloc

import pytest

from benchmarks import cluster
from paribus.execute.plan import plan
from paribus.execute.simulate import Overhead, simulate
from paribus.record.store import Store


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """The tasks of a smaller study of the same kind."""
    many = cluster.study(27)
    assert len(many.variants) == 27
    store = Store(tmp_path_factory.mktemp("empty"))
    planned = plan(many, {"mnist": cluster.MNIST}, store=store, seeds=dict.fromkeys(many.variants, range(4)))
    return list(cluster.lengths(planned))


def test_the_longest_come_first_after_the_first_seed_of_every_variant(known):
    assert len(known) == 27 * 4
    lengths = [length for _, length in known]
    for part in (lengths[:27], lengths[27:]):
        assert part == sorted(part, reverse=True)
    assert len({kind for kind, _ in known[:27]}) == 27


def test_a_thousand_workers_train_until_the_last_wave_and_memory_grows_with_workers_alone(known):
    """A hundred thousand runs, read from a generator: the plan itself is not held in memory here."""
    scale = 150 / (sum(length for _, length in known) / len(known))
    tasks = ((known[place % len(known)][0], known[place % len(known)][1] * scale) for place in range(100_000))
    tracemalloc.start()
    found = simulate(tasks, 1000, Overhead(cluster.RATES.start, cluster.RATES.setup, 1e-4))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.tasks == 100_000
    assert found.utilisation_before >= 0.95
    assert found.limit == "work"
    assert peak < 20 * 2**20


def test_the_same_draw_makes_the_same_figures(known):
    overhead = Overhead(4.0, 2.0)
    assert cluster.simulated(known, 10, overhead) == cluster.simulated(known, 10, overhead)
