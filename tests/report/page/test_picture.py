from __future__ import annotations

import io
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from paribus.report.png import data_uri


@pytest.mark.parametrize("shape", [(7, 5, 1), (4, 6, 3)])
def test_a_picture_is_read_back_pixel_by_pixel(shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    head, _, content = data_uri(image).partition(",")
    assert head == "data:image/png;base64"
    read = np.asarray(Image.open(io.BytesIO(b64decode(content))))
    assert np.array_equal(read.reshape(shape), image)


@pytest.mark.parametrize("shape", [(7, 5, 1), (4, 6, 3)])
def test_the_same_picture_is_the_same_bytes(shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert data_uri(image.copy()) == data_uri(image)
