"""What the benchmarks make of their measurements; nothing is measured here."""

from __future__ import annotations

import re

import numpy as np
import pytest
from benchmarks.cells import (
    ALL_CORES,
    CELLS,
    CIFAR,
    DENSE,
    KERAS_TENSORFLOW,
    MNIST,
    ONE_THREAD,
    PARIBUS,
    SIDE_BY_SIDE,
)
from benchmarks.chart import lines
from benchmarks.measure import epoch_images
from benchmarks.networks import NETWORKS, NetworkCell
from benchmarks.raw import OtherSettingsError, Raw, read
from benchmarks.study import study
from benchmarks.summary import share, summarise, throughput
from benchmarks.whole import COLD, WARM, WHOLE, titles

from benchmarks import network_tables, ratios, report
from paribus.study.reader import load

TARGETS = 4 + 2 + 4 + 4 + 4 + 1 + 3
PAGE = report.PAGE.read_text(encoding="utf-8")


def epoch(cell, contender, arrangement, *seconds, images=1000, round_=0):
    return {
        "kind": "epoch",
        "cell": cell.name,
        "contender": contender.name,
        "arrangement": arrangement,
        "round": round_,
        "images": images,
        "seconds": list(seconds),
        "memory": 512 * 2**20,
    }


def summary(*records, cells=CELLS):
    settings = {"rounds": 3, "seconds": 0.8, "quick": False, "absent": []}
    settings["images"] = {name: {"images": "made up", "sha256": ""} for name in ("mnist", "cifar10")}
    here = {"date": "2026-11-25", "processor": "a processor", "cores": 2, "memory_gib": 8}
    here |= {"system": "Linux", "python": "3.11.7", "versions": {"jax": "0.10.1"}, "peers": {}}
    return summarise([{"kind": "settings", **settings, "environment": here}, *records], cells)


def reached(measured, begin):
    (found,) = (each for each in ratios.ratios(measured) if each.what.startswith(begin))
    return found


def test_the_page_says_what_was_measured():
    assert report.filled(PAGE, report.read()) == PAGE, "run `python -m benchmarks.report`"


def test_every_table_has_its_place_on_the_page():
    assert sorted(re.findall(r"<!-- measured: (\w+) -->", PAGE)) == sorted(report.TABLES)
    assert PAGE.count("<!-- end -->") == len(report.TABLES)


def test_what_is_written_by_hand_is_kept():
    page = "Mine.\n<!-- measured: lab -->\nold\n<!-- end -->\nMine too.\n"
    filled = report.filled(page, summary())
    assert filled.startswith("Mine.\n<!-- measured: lab -->\n")
    assert filled.endswith("<!-- end -->\nMine too.\n")
    assert "old" not in filled


def test_the_median_round_counts_and_an_epoch_is_extrapolated_from_it():
    rounds = [epoch(MNIST, PARIBUS, ONE_THREAD, seconds, round_=n) for n, seconds in enumerate((0.1, 0.2, 5))]
    (row,) = summary(*rounds)["epochs"]
    assert (row["images_per_second"], row["lowest"], row["highest"]) == (5000, 200, 10000)
    assert row["epoch_seconds"] == pytest.approx(54_000 / 5000)
    assert (row["rounds"], row["memory_mib"]) == (3, 512)


def test_two_processes_images_are_added_up():
    assert throughput(epoch(MNIST, PARIBUS, SIDE_BY_SIDE, 1.0, 2.0)) == 1500


def test_operations_of_an_image_are_two_products_for_the_first_layer_and_three_for_the_others():
    assert CIFAR.flops_per_image() == 4 * 3072 * 3072 + 6 * 3072 * 10
    assert share(MNIST, 10_000, 10_000 * MNIST.flops_per_image() * 2) == 0.5


def test_the_share_is_taken_within_each_round():
    flops = MNIST.flops_per_image()
    fast, slow = (
        {"kind": "sgemm", "cell": MNIST.name, "round": n, "rate": flops * r}
        for n, r in enumerate((2000, 1000))
    )
    epochs = [epoch(MNIST, PARIBUS, ONE_THREAD, seconds, round_=n) for n, seconds in enumerate((1.0, 2.0))]
    assert summary(fast, slow, *epochs)["sgemm"][0]["share"] == 0.5


def test_a_small_batch_costs_its_epochs_seconds_over_those_of_the_large_one():
    small = epoch(ratios.MNIST_8, PARIBUS, ONE_THREAD, 1.2)
    found = reached(
        summary(epoch(MNIST, PARIBUS, ONE_THREAD, 1.0), small),
        "An epoch at batch 8 over one at batch 128, 784",
    )
    assert found.reached == pytest.approx(1.2, rel=1e-3)
    assert found.holds


def test_a_study_is_held_against_keras_on_all_cores_and_against_the_best_peer():
    jax = next(each for each in report.CONTENDERS if each.name == "Keras on JAX")
    measured = summary(
        epoch(MNIST, PARIBUS, SIDE_BY_SIDE, 1.0, 1.0),
        epoch(MNIST, KERAS_TENSORFLOW, ALL_CORES, 2.0),
        epoch(MNIST, jax, SIDE_BY_SIDE, 1.0, 2.0),
    )
    keras = reached(
        measured, "A study's images a second over Keras's on TensorFlow, all cores, MNIST, batch 128"
    )
    assert (keras.reached, keras.holds) == (4.0, True)
    best = reached(measured, "A study's images a second over the best peer's (Keras on JAX")
    assert best.reached == pytest.approx(2000 / 1500, rel=1e-3)


def test_the_lab_is_epochs_times_seconds():
    cells = [cell for cell, _, _ in ratios.LAB]
    measured = summary(*(epoch(cell, KERAS_TENSORFLOW, ALL_CORES, 1.0) for cell in cells))
    theirs = ratios.lab_seconds(measured, KERAS_TENSORFLOW.name, ALL_CORES, lambda theirs, _: theirs)
    assert theirs == pytest.approx((9 * 30 + 40) * 54 + (60 + 43) * 45)
    assert ratios.lab_seconds(measured, PARIBUS.name, SIDE_BY_SIDE, lambda _, ours: ours) is None


def test_what_was_not_measured_is_neither_reached_nor_short():
    found = ratios.ratios(summary())
    assert len(found) == TARGETS
    assert all(each.reached is None and each.holds is None for each in found)
    assert all(
        table(summary()) for table in (report.TABLES[name] for name in ("targets", "machine", "epochs"))
    )


def test_the_lab_of_the_ratios_is_the_lab():
    from paribus.study.reader import load

    lab = load("lab2")
    configurations = [variant.configuration for variant in lab.variants.values()]
    theirs = sum(lab.published[name].epochs or 0 for name in lab.published) + 30  # 4b-l2 was not published
    assert sum(epochs for _, epochs, _ in ratios.LAB) == theirs
    sizes = {configuration.batch_size for configuration in configurations}
    assert {cell.batch_size for cell, _, _ in ratios.LAB} == sizes


def test_an_epoch_has_whole_batches_and_at_most_the_labs_images():
    assert epoch_images(MNIST, PARIBUS, 1000) == 7 * 128
    assert epoch_images(MNIST, PARIBUS, 10**9) == 54_000 // 128 * 128
    assert epoch_images(CIFAR, PARIBUS, 3) == 2 * 128
    assert epoch_images(CIFAR, PARIBUS, 1000) == 2 * 3 * 128
    fifty = next(each for each in report.CONTENDERS if each.options)
    assert epoch_images(MNIST, fifty, 14_000) == 2 * 50 * 128


def test_a_killed_benchmark_goes_on_but_not_under_other_settings(tmp_path):
    path = tmp_path / "raw.jsonl"
    Raw(path, {"rounds": 3, "environment": {}}).append({"kind": "check"})
    path.write_text(path.read_text() + '{"kind": "ch')
    assert Raw(path, {"rounds": 3, "environment": {"date": "later"}}).has(kind="check")
    assert len(read(path)) == 2
    with pytest.raises(OtherSettingsError, match="rounds"):
        Raw(path, {"rounds": 5, "environment": {}})


def test_known_networks_are_compared_by_the_clock_and_by_processor_time():
    cell = NetworkCell("mnist_convnet", 128)
    peer = KERAS_TENSORFLOW

    def timed(contender, arrangement, *seconds):
        record = epoch(cell, contender, arrangement, *seconds, images=1280)
        return record | {"processor": [each / 2 for each in seconds]}

    records = [timed(PARIBUS, SIDE_BY_SIDE, 1.0, 1.0), timed(PARIBUS, ONE_THREAD, 1.0)]
    records += [timed(peer, ALL_CORES, 1.0), timed(peer, ONE_THREAD, 1.5)]
    measured = summary(*records, cells=[cell])
    (title, *fastest), *_ = network_tables.rates(measured)
    assert title == "Keras's MNIST convnet, batch 128"
    assert fastest[:2] == [2560, 1280]
    assert [each.reached for each in network_tables.ratios(measured)] == [2.0, None, 1.5, None]
    (_, ours, theirs, *_), *_ = network_tables.processor(measured)
    assert (ours, theirs) == ([50, 50], [75, 75])


@pytest.mark.parametrize("name", NETWORKS)
def test_every_known_network_is_a_study(name):
    cell = NetworkCell(name, 32).to_json()
    assert len(load(study(cell)).variants["cell"].configuration.layers) >= len(NETWORKS[name].layers)


def test_a_line_is_drawn_through_each_contenders_best_arrangement():
    records = [epoch(cell, PARIBUS, ONE_THREAD, 1.0) for cell in DENSE]
    (line,) = lines(summary(*records, epoch(MNIST, PARIBUS, SIDE_BY_SIDE, 1.0, 1.0)), "mnist")
    assert list(line.sizes) == [1, 8, 32, 128, 512]
    assert list(line.rates) == [1000, 1000, 1000, 2000, 1000]


def test_a_whole_study_is_held_against_the_fastest_loop():
    study = next(iter(titles()))

    def timed(contender, how, *seconds):
        known = {"kind": "whole", "study": study, "contender": contender, "how": how}
        return [{**known, "round": n, "seconds": each} for n, each in enumerate(seconds)]

    measured = summary(
        *timed(PARIBUS.name, COLD, 20.0, 30.0, 25.0),
        *timed(PARIBUS.name, WARM, 10.0),
        *timed("PyTorch", "", 40.0),
        *timed(KERAS_TENSORFLOW.name, "", 60.0),
    )
    (row,) = network_tables.studies(measured)
    assert row[:4] == [titles()[study], 25.0, 10.0, 60.0]
    (ratio,) = (each for each in network_tables.ratios(measured) if each.what.startswith(titles()[study]))
    assert ratio.reached == 4.0


def test_a_loop_and_a_study_train_the_same(tmp_path):
    arrays = tmp_path / "arrays.npz"
    draw = np.random.default_rng(0)
    for each in WHOLE:
        said = each.to_json()
        images = NETWORKS[each.network].data == "mnist"
        x = draw.integers(0, 256, (200, 28, 28)).astype(np.uint8) if images else draw.normal(size=(200, 50))
        np.savez(arrays, x_train=x, y_train=np.arange(200) % 10, x_test=x, y_test=np.arange(200) % 10)
        configuration = load(each.study(arrays)).variants["sgd"].configuration
        assert configuration.batch_size == said["batch_size"]
        assert configuration.epochs == said["epochs"]
        assert configuration.optimizer.arguments["learning_rate"] == said["optimizers"]["sgd"]
