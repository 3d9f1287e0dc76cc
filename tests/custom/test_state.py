"""What a function trains, taken into arrays and put back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus.custom.state import capture, capture_randomness, restore, restore_randomness, seed_randomness
from paribus.errors import RunError
from paribus.record.checkpoint import decode, encode


def round_trip(state: object) -> dict[str, Any]:
    """What a checkpoint's file gives back of a state."""
    return decode(encode(capture(state)))


class Module:
    """What has its state as PyTorch's modules and optimizers have it."""

    def __init__(self) -> None:
        self.weights = np.zeros(3, np.float32)
        self.slots: dict[int, dict[str, Any]] = {0: {"step": 1, "betas": (0.9, 0.99), "name": "w"}}

    def state_dict(self) -> dict[str, Any]:
        return {"weights": self.weights, "slots": self.slots}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.weights, self.slots = state["weights"], state["slots"]


class Booster:
    """What writes its state into a folder."""

    trees = b"none"

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir()
        (folder / "inner" / "trees.bin").write_bytes(self.trees)

    def load(self, folder: Path) -> None:
        self.trees = (folder / "inner" / "trees.bin").read_bytes()


def test_an_array_gets_its_values_back_in_place_so_that_its_views_see_them() -> None:
    weights = np.arange(4.0)
    view = weights[:2]
    kept = round_trip([weights])
    weights[:] = 9
    restore([weights], kept)
    assert view.tolist() == [0.0, 1.0]


def test_what_is_kept_does_not_change_with_the_state() -> None:
    weights = np.zeros(2)
    kept = capture({"w": weights})
    weights += 1
    restore({"w": weights}, kept)
    assert weights.tolist() == [0.0, 0.0]


def test_a_mapping_gets_numbers_texts_and_what_it_had_not_yet() -> None:
    kept = round_trip({"step": 3, "name": "a", "buffers": {"m": np.ones(2)}, "none": None})
    fresh: dict[str, Any] = {"step": 0, "buffers": {}}
    restore(fresh, kept)
    assert (fresh["step"], fresh["name"], fresh["none"]) == (3, "a", None)
    assert fresh["buffers"]["m"].tolist() == [1.0, 1.0]


def test_an_array_of_another_shape_is_replaced() -> None:
    kept = round_trip({"w": np.ones(3)})
    fresh = {"w": np.zeros(1)}
    restore(fresh, kept)
    assert fresh["w"].tolist() == [1.0, 1.0, 1.0]


def test_a_state_dict_comes_back_with_its_numbers_as_keys_and_its_tuples() -> None:
    module = Module()
    module.weights += 2
    kept = round_trip((module,))
    fresh = Module()
    restore((fresh,), kept)
    assert fresh.weights.tolist() == [2.0, 2.0, 2.0]
    assert fresh.slots == {0: {"step": 1, "betas": (0.9, 0.99), "name": "w"}}


def test_a_folder_comes_back_file_by_file() -> None:
    booster = Booster()
    booster.trees = bytes(range(256))
    kept = round_trip({"booster": booster})
    fresh = Booster()
    restore({"booster": fresh}, kept)
    assert fresh.trees == bytes(range(256))


def test_a_generator_goes_on_with_its_next_number() -> None:
    generator = np.random.default_rng(5)
    generator.normal()
    kept = round_trip({"order": generator})
    expected = generator.normal(size=3)
    fresh = np.random.default_rng(0)
    restore({"order": fresh}, kept)
    assert fresh.normal(size=3).tolist() == expected.tolist()


@pytest.mark.parametrize("state", [object(), [object()], {"a": {1.5: 2}}, {"a": {1, 2}}, 3, (np.ones(1), 3)])
def test_what_cannot_be_kept_or_put_back_is_refused_at_once(state: object) -> None:
    with pytest.raises(RunError, match="state"):
        capture(state)


def test_a_state_of_another_form_is_refused() -> None:
    kept = capture([np.ones(2), np.ones(2)])
    with pytest.raises(RunError, match="does not fit"):
        restore([np.ones(2)], kept)


def test_shared_generators_go_on_with_their_next_numbers() -> None:
    before = random.getstate(), np.random.get_state()
    try:
        seed_randomness(3)
        random.gauss(0, 1)
        np.random.normal()
        kept = decode(encode(capture_randomness()))
        expected = [random.random(), random.gauss(0, 1), float(np.random.normal())]
        seed_randomness(4)
        restore_randomness(kept)
        assert [random.random(), random.gauss(0, 1), float(np.random.normal())] == expected
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
