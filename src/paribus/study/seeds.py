"""Seeds of everything random, by name, so that variants at one seed share draws that they have in common."""

from __future__ import annotations

import hashlib

FIRST_TRIAL_SEED = 1_000_000
"""The seeds of tuning begin here, far beyond those of any study: what a search saw decides no comparison."""


def named_seed(seed: int, *names: str | int) -> int:
    """Return the seed of one kind of draw, in [0, 2**31).

    Args:
        seed: The run's seed.
        names: What is drawn: ``"split"``, ``"order", epoch``, ``"dropout", place`` or
            ``"initialisation", layer class, place, weight``. Another spelling would be another draw.

    Example:
        >>> named_seed(0, "split") == named_seed(0, "split"), named_seed(0, "split") == named_seed(1, "split")
        (True, False)
    """
    words = "/".join(str(word) for word in (seed, *names))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") % 2**31
