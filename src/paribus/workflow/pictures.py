"""The test images that runs were made with, where this machine still has them."""

from __future__ import annotations

from contextlib import suppress

from paribus.data.cache import cache_folder
from paribus.data.dataset import Dataset, TestNames
from paribus.data.decoded import map_images
from paribus.data.embedded import CLASSES
from paribus.data.own.load import names_of
from paribus.data.source import find
from paribus.errors import DataError
from paribus.record.run import DataUsed
from paribus.report.predictions import Pictures
from paribus.study.datasets import IMAGE_SETS, DataFacts
from paribus.study.study import Study


def of_study(study: Study, used: DataUsed) -> Pictures:
    """Return a data set's test images and classes, as `pictures` does, for one that a study uses."""
    configurations = (variant.configuration for variant in study.variants.values())
    return pictures(used, {each.data: each.own for each in configurations}.get(used.name))


def pictures(used: DataUsed, own: DataFacts | None = None) -> Pictures:
    """Return a data set's test images and classes; no images where this machine does not have the very ones.

    They are looked for in the cache, where the last run left them decoded, then where runs find them;
    nothing is downloaded.

    Args:
        used: The data set that runs used.
        own: What is known of it, where it is the user's own.
    """
    if own is None and used.name not in IMAGE_SETS:
        return Pictures(None, ())
    dataset = map_images(cache_folder() / "decoded" / used.sha256, used.name, used.sha256, own)
    if own is not None:
        inputs = None if dataset is None else dataset.x_test
        is_table = own.values == "numbers" and len(own.shape) == 1 and not own.inputs
        rows = inputs if is_table else None
        names = names_of(used.sha256) or TestNames()
        images = inputs if own.are_images else None
        return Pictures(images, own.classes, rows, own.features, names.rows, names.ids)
    classes = CLASSES[used.name] if used.stand_in else IMAGE_SETS[used.name].classes
    dataset = dataset or _found(used)
    return Pictures(None if dataset is None else dataset.x_test, classes)


def _found(used: DataUsed) -> Dataset | None:
    with suppress(DataError, OSError):
        dataset = find(used.name, embedded=used.stand_in, download=False)
        if dataset.sha256 == used.sha256:
            return dataset
    return None
