"""How Paribus trains a cell where it has all cores: as `paribus run --threads auto` would one run."""

from __future__ import annotations

from functools import cache

from benchmarks.cells import ALL_CORES, PARIBUS, Cell, Contender
from benchmarks.networks import NetworkCell
from benchmarks.study import study
from paribus.execute.local import cores
from paribus.execute.threads import speedup
from paribus.study.reader import load
from paribus.study.update_mode import update_mode


@cache
def threads(contender: Contender, cell: Cell | NetworkCell, arrangement: str) -> int:
    """Return the threads that Paribus's rule gives a cell; 1 for others, which choose by themselves."""
    if contender != PARIBUS or arrangement != ALL_CORES:
        return 1
    configuration = load(study(cell.to_json())).variants["cell"].configuration
    most = cores()
    return most if speedup(configuration, update_mode(configuration), most) > 1 else 1


@cache
def variables(
    contender: Contender, cell: Cell | NetworkCell, arrangement: str
) -> tuple[tuple[str, str], ...]:
    """Return the variables of Paribus's process, as those of a worker; none for others."""
    if contender != PARIBUS or arrangement != ALL_CORES:
        return ()
    configuration = load(study(cell.to_json())).variants["cell"].configuration
    delayed = update_mode(configuration) == "delayed"
    of_xla = 1 if delayed else threads(contender, cell, arrangement)
    return (("NPROC", str(of_xla)), ("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1"))
