"""A data set's identity."""

import hashlib

import numpy as np

from paribus.data.dataset import identity


def test_identity_is_of_the_bytes_in_c_order_one_array_after_the_other():
    one, two = np.arange(6, dtype=np.uint8).reshape(2, 3), np.uint8([7])
    assert identity(one, two) == hashlib.sha256(bytes([0, 1, 2, 3, 4, 5, 7])).hexdigest()
    assert identity(np.asfortranarray(one), two) == identity(one, two)
    assert identity(one.T, two) == hashlib.sha256(bytes([0, 3, 1, 4, 2, 5, 7])).hexdigest()


def test_identity_sees_every_value_and_the_order_of_the_arrays():
    one, two = np.uint8([1, 2]), np.uint8([3])
    assert len({identity(one, two), identity(two, one), identity(one, one)}) == 3
