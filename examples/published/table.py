"""A table that scikit-learn makes: four classes, 24 columns of numbers, a part of which says nothing."""

from __future__ import annotations

from typing import Any


def load() -> Any:
    """Return 6,000 rows and their classes, the same each time."""
    from sklearn.datasets import make_classification

    return make_classification(
        n_samples=6000,
        n_features=24,
        n_informative=10,
        n_redundant=4,
        n_classes=4,
        n_clusters_per_class=2,
        class_sep=1.2,
        flip_y=0.02,
        random_state=0,
    )
