"""Which weights of ended runs are kept, and how others are dropped: on purpose, and known to be so."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from paribus.record import files, sealed
from paribus.record.folder import RESULT, WEIGHTS
from paribus.record.result import DROPPED
from paribus.record.run import RunRecord
from paribus.study.model import Keep
from paribus.study.seeds import FIRST_TRIAL_SEED


def is_dropped(folder: Path) -> bool:
    """Return whether a run's weights were dropped on purpose.

    Args:
        folder: The run's.
    """
    with suppress(OSError, ValueError):
        return bool(sealed.read(folder / RESULT).get(DROPPED))
    return False


def drop_weights(folder: Path) -> int:
    """Delete a run's weights and say so in its result, in which their digest stays; return the bytes freed.

    The result is written first: a process that is killed between leaves weights that nobody misses.

    Args:
        folder: The run's, which has ended.

    Raises:
        OSError: The folder cannot be written, or is a link.
        ValueError: The result is damaged; the weights stay.
    """
    files.refuse_links(folder, folder.parent)
    tree = sealed.read(folder / RESULT)
    if not tree.get(DROPPED):
        sealed.write(folder / RESULT, {**tree, DROPPED: [WEIGHTS]})
    size = weights_size(folder)
    files.remove(folder / WEIGHTS)
    return size


def weights_size(folder: Path) -> int:
    """Return how many bytes a run's weights take; 0 where there are none."""
    try:
        return os.lstat(folder / WEIGHTS).st_size
    except OSError:
        return 0


def beyond(keep: Keep, records: Iterable[RunRecord]) -> Iterator[RunRecord]:
    """Yield the ended runs whose weights a policy does not keep.

    The best run of a configuration has the best score on the examples held out, where there are none on those
    it was trained on; never on the test examples. Of equals the first seed's is kept. Tries of a tuning, and
    the runs of a training of the user's own without a score, have no best: only ``all`` keeps theirs.

    Args:
        keep: The policy.
        records: All that there are, each once.
    """
    if keep == "all":
        return
    best: dict[str, RunRecord] = {}
    ended = [each for each in records if each.has_ended]
    for each in sorted(ended, key=lambda record: record.spec.seed) if keep == "best" else ():
        if each.spec.seed >= FIRST_TRIAL_SEED or _score(each) == -math.inf:
            continue
        name = each.spec.configuration.canonical + each.spec.data.sha256
        if name not in best or _score(each) > _score(best[name]):
            best[name] = each
    kept = {each.spec.digest for each in best.values()}
    yield from (each for each in ended if each.spec.digest not in kept)


def _score(record: RunRecord) -> float:
    found = record.validation_score
    if found is None:
        found = record.train_score
    return -math.inf if found is None else found
