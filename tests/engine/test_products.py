"""The products of delayed updates: alike on any number of threads, the same bits on the same number."""

import numpy as np
import pytest

from paribus.engine.products import Products

ROWS, INPUTS, UNITS = 12, 37, 5


def kernels_and_inputs(count, dtype):
    draw = np.random.default_rng(count)
    kernels = [draw.normal(size=(INPUTS, UNITS)).astype(dtype) for _ in range(count)]
    pulled = [draw.normal(size=(ROWS, UNITS)).astype(dtype) for _ in range(count)]
    return kernels, draw.normal(size=(ROWS, INPUTS)).astype(dtype), pulled


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_are_those_of_numpy(threads, count, dtype):
    kernels, inputs, pulled = kernels_and_inputs(count, dtype)
    start = np.array([[0.9, 0.1], [-0.2, 0.8]], dtype)
    wanted = [
        sum(start[which, other] * kernels[other] for other in range(count)) + inputs.T @ pulled[which]
        for which in range(count)
    ]
    close = {"rtol": 1e-4 if dtype is np.float32 else 1e-12, "atol": 1e-4 if dtype is np.float32 else 1e-12}
    products = Products(threads)
    starts, gram, norms = products.before(kernels, inputs, with_norms=True)
    for found, kernel in zip(starts, kernels, strict=True):
        np.testing.assert_allclose(found, inputs @ kernel, **close)
    np.testing.assert_allclose(gram, inputs @ inputs.T, **close)
    inner = [[float((one * other).sum()) for other in kernels] for one in kernels]
    np.testing.assert_allclose(norms[:count, :count], inner, **close)
    products.update(kernels, inputs, start, pulled)
    for kernel, expected in zip(kernels, wanted, strict=True):
        assert kernel.dtype == dtype
        np.testing.assert_allclose(kernel, expected, **close)


def test_the_same_threads_give_the_same_bits():
    found = []
    for _ in range(5):
        kernels, inputs, pulled = kernels_and_inputs(2, np.float32)
        products = Products(3)
        starts, gram, norms = products.before(kernels, inputs, with_norms=True)
        products.update(kernels, inputs, np.eye(2, dtype=np.float32), pulled)
        found.append(b"".join(each.tobytes() for each in (*starts, gram, norms, *kernels)))
    assert len(set(found)) == 1


def test_fewer_rows_than_threads_are_no_fault():
    kernel, inputs, pulled = (np.ones(shape, np.float32) for shape in ((2, 3), (4, 2), (4, 3)))
    Products(5).update([kernel], inputs, np.eye(2, dtype=np.float32), [pulled])
    np.testing.assert_array_equal(kernel, np.full((2, 3), 5.0))


def test_a_delayed_epoch_on_two_threads_makes_the_same_updates():
    import jax
    import jax.numpy as jnp
    from tests.engine.test_delayed import L2, configured

    from paribus.engine.device_images import DeviceImages
    from paribus.engine.program import Program

    draw = np.random.default_rng(3)
    pixels, labels = draw.integers(0, 256, (64, 28, 28, 1)).astype(np.uint8), draw.integers(0, 10, 64)
    images = DeviceImages(
        jnp.asarray(pixels),
        jnp.asarray(labels.astype(np.int32)),
        jnp.zeros(1, jnp.float32),
        jnp.full(1, 1 / 255, jnp.float32),
    )
    states = []
    for threads in (1, 2):
        program = Program(configured(batch_size=8, **L2), (28, 28, 1), "delayed", threads)
        state, _ = program.epoch(program.initial(0), images, np.arange(64, dtype=np.int32))
        states.append(jax.tree.leaves(state))
    for one, two in zip(*states, strict=True):
        np.testing.assert_allclose(np.asarray(two), np.asarray(one), rtol=1e-3, atol=1e-5)
