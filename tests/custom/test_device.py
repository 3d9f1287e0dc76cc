"""On which device a function of the user's own trains."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from paribus.custom.device import device_of
from paribus.errors import RunError


def with_gpu(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> None:
    def kind(name: str) -> SimpleNamespace:
        return SimpleNamespace(is_available=lambda: name in kinds)

    torch = SimpleNamespace(cuda=kind("cuda"), backends=SimpleNamespace(mps=kind("mps")))
    monkeypatch.setitem(sys.modules, "torch", torch)  # pyright: ignore[reportArgumentType]


def test_a_processor_needs_no_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert device_of("cpu") == "cpu"


@pytest.mark.parametrize(
    ("kinds", "asked", "found"),
    [
        (("cuda",), "gpu", "cuda"),
        (("mps",), "gpu", "mps"),
        (("cuda",), "cuda:1", "cuda:1"),
        (("mps",), "mps", "mps"),
    ],
)
def test_a_gpu_is_the_one_that_pytorch_finds(
    monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...], asked: str, found: str
) -> None:
    with_gpu(monkeypatch, *kinds)
    assert device_of(asked) == found


@pytest.mark.parametrize(
    ("kinds", "asked", "said"),
    [
        ((), "gpu", "asks for gpu, and PyTorch finds here: cpu"),
        (("mps",), "cuda", "asks for cuda, and PyTorch finds here: cpu, mps"),
        ((), "tpu", "'tpu' is no device"),
    ],
)
def test_what_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...], asked: str, said: str
) -> None:
    with_gpu(monkeypatch, *kinds)
    with pytest.raises(RunError, match=said):
        device_of(asked)
