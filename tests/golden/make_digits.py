"""Write ``digits.npz``: the images that ``make_trajectories.py`` trains on.

300 of scikit-learn's handwritten digits (8 x 8, from the UCI repository), their 0 to 16 stretched to the
bytes 0 to 255. Run in the project's own environment: ``python tests/golden/make_digits.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels, uint8, shape (300, 8, 8, 1), and labels, uint8, shape (300,)."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.rint(bunch.images[:300] * 255 / 16).astype(np.uint8)[..., None]
    return pixels, bunch.target[:300].astype(np.uint8)


if __name__ == "__main__":
    pixels, labels = digits()
    np.savez_compressed(Path(__file__).parent / "digits.npz", pixels=pixels, labels=labels)
