"""What an object of a program is: the same at the next start, another one after any change that counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from paribus.custom.identity import identity

PROGRAM = """\
import numpy as np
from functools import partial
from sklearn.svm import SVC
from paribus.custom.identity import identity

RATE, TABLE = {rate}, np.arange({rows})


class Net:
    width = {width}

    def build(self):
        return helper(self.width)


def helper(width):
    return width * RATE + TABLE.sum()


def train(config, seed, run):
    net = Net()
    return [net.build() for _ in range(3)], {{"a", "b"}}


print(identity(train), identity(partial(helper, width=3)))
print(identity(SVC(C={width})), identity(lambda: helper(1)))
"""


CHANGES: tuple[dict[str, float], ...] = ({}, {"rate": 0.2}, {"rows": 4}, {"width": 5})
ALL = """\
import runpy
for number in range(4):
    runpy.run_path(f"program_{number}.py", run_name="__main__")
"""


def printed(folder: Path, *command: str) -> list[list[str]]:
    """The four identities that each program of a start prints."""
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=True)
    told = done.stdout.split()
    return [told[start : start + 4] for start in range(0, len(told), 4)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program as it was, and after each change."""
    folder = tmp_path_factory.mktemp("programs")
    for number, change in enumerate(CHANGES):
        values = {"rate": 0.1, "rows": 3, "width": 4} | change
        (folder / f"program_{number}.py").write_text(PROGRAM.format(**values), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def found(programs: Path) -> list[list[str]]:
    """The identities that each of the programs prints, in one start of Python."""
    return printed(programs, "-c", ALL)


def test_another_start_of_a_program_finds_the_same(programs: Path, found: list[list[str]]) -> None:
    assert printed(programs, "program_0.py") == found[:1]


@pytest.mark.parametrize(
    ("change", "same"),
    [(1, [2]), (2, [2]), (3, [1, 3])],
    ids=["a global number", "a global array", "a class and a parameter"],
)
def test_what_a_function_refers_to_is_part_of_it(
    change: int, same: list[int], found: list[list[str]]
) -> None:
    before, after = found[0], found[change]
    assert [place for place in range(4) if before[place] == after[place]] == same


def made(number: int) -> Callable[[], int]:
    """A function with a closure."""
    return lambda: number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: 1, lambda: 2),
        (made(1), made(2)),
        (partial(made, 1), partial(made, 2)),
        (LogisticRegression(), LogisticRegression(C=2.0)),
        (make_pipeline(StandardScaler(), LogisticRegression()), LogisticRegression()),
        (np.zeros(2), np.zeros(3)),
        ({"a": 1}, {"a": True}),
        (LogisticRegression(class_weight={0: 1.0}), LogisticRegression(class_weight={0: 2.0})),
    ],
)
def test_what_differs_has_another_identity(one: object, other: object) -> None:
    assert identity(one) != identity(other)


def test_a_seed_that_every_run_sets_is_no_part_of_an_estimator() -> None:
    assert identity(LogisticRegression(random_state=1)) == identity(LogisticRegression(random_state=2))


def test_circles_end() -> None:
    ring: list[object] = [1]
    ring.append(ring)
    assert identity(ring) == identity(ring)
