"""What is right each by itself, but not together: the network and the images, the loss and the outputs."""

from __future__ import annotations

import math

from paribus.study import shapes as size
from paribus.study.configuration import Configuration
from paribus.study.datasets import IMAGE_SETS, ImageSet
from paribus.study.faults import Faults
from paribus.study.yaml_node import YamlNode
from paribus.texts import number

LARGEST = 1_000_000_000
"""Most weights of a network: four gigabytes of them, before the optimizer's own."""


def check(read: Configuration, settings: YamlNode, faults: Faults) -> None:
    """Note what does not go together in a configuration.

    Args:
        read: The configuration, each part of it right.
        settings: What it was read from; a fault is told where the level declares one of the parts.
        faults: Where what is wrong is noted.
    """
    image_set = IMAGE_SETS[read.data]
    stopping = read.early_stopping
    if stopping is not None and read.validation == 0 and stopping.monitor.startswith("val_"):
        place = _place(settings, "early_stopping", "validation")
        faults.add("monitor-without-validation", place, monitor=stopping.monitor)
    images = image_set.train - math.ceil(read.validation * image_set.train)
    if read.batch_size > images:
        place = _place(settings, "batch_size", "validation", "data")
        faults.add("batch-too-large", place, batch_size=read.batch_size, images=images)
    try:
        _network(read, image_set, settings, faults)
    except size.ShapeError as error:
        faults.add(error.code, _place(settings, "layers", "model", "data"), **error.values)


def _place(settings: YamlNode, *keys: str) -> YamlNode:
    """The first of the settings that this level declares; where it declares none, the first there is."""
    pieces = [piece for piece in (settings.get(key) for key in keys) if piece is not None]
    own = (piece for piece in pieces if piece.path[: len(settings.path)] == settings.path)
    return next(own, pieces[0] if pieces else settings)


def _network(read: Configuration, image_set: ImageSet, settings: YamlNode, faults: Faults) -> None:
    model = _place(settings, "model", "layers", "data")
    shape = size.shapes(read.layers, image_set.shape)[-1]
    classes = len(image_set.classes)
    weights = size.parameters(read.layers, image_set.shape)
    _input(read, image_set, settings, faults)
    if weights > LARGEST:
        faults.add("network-too-large", model, weights=number(weights, ","), largest=number(LARGEST, ","))
    elif len(shape) != 1:
        faults.add("output-shape", model, shape=size.told(shape))
    elif shape[0] != classes and not (classes == 2 and shape[0] == 1):
        faults.add("output-units", model, units=shape[0], data=read.data, classes=classes)
    elif shape[0] == 1 and (read.output == "softmax" or "categorical" in read.loss):
        faults.add("one-output", _place(settings, "loss", "model"), loss=read.loss, output=read.output)


def _input(read: Configuration, image_set: ImageSet, settings: YamlNode, faults: Faults) -> None:
    """Note a list of layers whose own ``input`` is not how the images enter it."""
    model = settings.get("model")
    pieces = model.value if model is not None and isinstance(model.value, list) else []
    for piece in pieces:
        written = piece.get("input")
        if written is None:
            continue
        given = written.plain() if isinstance(written.value, list) else [written.plain()]
        entering = size.input_shape(read.layers, image_set.shape)
        grey = entering[:-1] if len(entering) == 3 and entering[-1] == 1 else entering
        if given not in ([*entering], [*grey]):
            place = _place(settings, "model", "data")
            faults.add(
                "input-shape", place, given=str(written.plain()), data=read.data, shape=size.told(entering)
            )
