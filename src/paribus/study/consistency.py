"""What does not go together in a configuration: the network and the images, the loss and the outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.errors import Fault
from paribus.study.configuration import Configuration
from paribus.study.datasets import IMAGE_SETS
from paribus.study.layer_size import ShapeError, format_shape
from paribus.study.shapes import input_shape, parameters, shapes
from paribus.study.yaml_node import YamlNode
from paribus.texts import number

MAX_WEIGHTS = 1_000_000_000
"""Most weights of a network: four gigabytes of them, before the optimizer's own."""


def contradictions(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    """Yield a fault for what does not go together.

    Args:
        read: A configuration, each part of it right.
        settings: What it was read from; a fault is placed where the variant itself declares one of the parts.
    """
    image_set = IMAGE_SETS[read.data]
    stopping = read.early_stopping
    if stopping is not None and read.validation == 0 and stopping.monitor.startswith("val_"):
        place = _place(settings, "early_stopping", "validation")
        yield place.fault("monitor-without-validation", monitor=stopping.monitor)
    images = image_set.train - math.ceil(read.validation * image_set.train)
    if read.batch_size > images:
        place = _place(settings, "batch_size", "validation", "data")
        yield place.fault("batch-too-large", batch_size=read.batch_size, images=images)
    try:
        yield from _of_network(read, settings)
    except ShapeError as error:
        yield _place(settings, "layers", "model", "data").fault(error.code, **error.values)


def _place(settings: YamlNode, *keys: str) -> YamlNode:
    """Return the first of the settings that the variant declares, else the first that there is."""
    found = [node for node in map(settings.get, keys) if node is not None]
    own = (node for node in found if node.path[: len(settings.path)] == settings.path)
    return next(own, found[0] if found else settings)


def _of_network(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    image_set = IMAGE_SETS[read.data]
    model = _place(settings, "model", "layers", "data")
    outputs = shapes(read.layers, image_set.shape)[-1]
    classes = len(image_set.classes)
    weights = parameters(read.layers, image_set.shape)
    yield from _of_input(read, settings)
    if weights > MAX_WEIGHTS:
        yield model.fault("network-too-large", weights=number(weights, ","), largest=number(MAX_WEIGHTS, ","))
    elif len(outputs) != 1:
        yield model.fault("output-shape", shape=format_shape(outputs))
    elif outputs[0] != classes and not (classes == 2 and outputs[0] == 1):
        yield model.fault("output-units", units=outputs[0], data=read.data, classes=classes)
    elif outputs[0] == 1 and (read.output == "softmax" or "categorical" in read.loss):
        yield _place(settings, "loss", "model").fault("one-output", loss=read.loss, output=read.output)


def _of_input(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    """Yield a fault where the ``input`` of a list of layers is not the shape of the images."""
    model = settings.get("model")
    for item in model.items if model is not None else []:
        written = item.get("input")
        if written is None:
            continue
        given = written.plain() if isinstance(written.value, list) else [written.plain()]
        entering = input_shape(read.layers, IMAGE_SETS[read.data].shape)
        grey = entering[:-1] if len(entering) == 3 and entering[-1] == 1 else entering
        if given not in ([*entering], [*grey]):
            yield _place(settings, "model", "data").fault(
                "input-shape", given=str(written.plain()), data=read.data, shape=format_shape(entering)
            )
