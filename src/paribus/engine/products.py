"""The products of delayed updates, once a block of steps, on one thread or divided among several.

They are computed by NumPy and SciPy: their BLAS multiplies matrices of this size at the full speed of the
processor, which XLA on the CPU does not. Its own threads wait busily for each other and are left alone;
instead each thread here has some rows of the kernel, to which the same inputs belong in all of a block, and
what they sum up is added in the order of the rows. So the same number of threads gives the same bits.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs

Kernels = list[NDArray[Any]]
_Before = tuple[list[NDArray[Any]], NDArray[Any], NDArray[Any]]


class Products:
    """The products of blocks with the first kernel W and, where there is one, its velocity V.

    Args:
        threads: Among which they are divided.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads - 1, "products") if threads > 1 else None

    def before(self, kernels: Kernels, inputs: NDArray[Any], *, with_norms: bool) -> _Before:
        """Return X W and X V, X Xᵀ, and the inner products of W and V.

        Args:
            kernels: W and V, each (d, units).
            inputs: X, shape (rows, d).
            with_norms: Whether inner products are needed; they are zero else.
        """

        def part(rows: slice) -> _Before:
            here, there = [each[rows] for each in kernels], inputs[:, rows]
            norms = np.zeros((2, 2), inputs.dtype)
            with np.errstate(all="ignore"):  # a run may diverge
                if with_norms:
                    flat = [each.ravel() for each in here]
                    norms[: len(here), : len(here)] = [[one @ other for other in flat] for one in flat]
                return [there @ each for each in here], there @ there.T, norms

        first, *others = self._by_rows(part, len(kernels[0]))
        for starts, gram, norms in others:
            for total, more in zip((*first[0], *first[1:]), (*starts, gram, norms), strict=True):
                np.add(total, more, out=total)
        return first

    def update(
        self, kernels: Kernels, inputs: NDArray[Any], start: NDArray[Any], pulled: list[NDArray[Any]]
    ) -> None:
        """Update W and V, in place, to s₀₀ W + s₀₁ V + Xᵀ P₀ and s₁₀ W + s₁₁ V + Xᵀ P₁.

        Args:
            kernels: W and V, each (d, units).
            inputs: X, shape (rows, d).
            start: The scalars s, shape (2, 2).
            pulled: P of each, shape (rows, units).
        """
        add = _add_product if self._pool is None else _add_product_unlocked

        def part(rows: slice) -> None:
            here = [each[rows] for each in kernels]
            before = [each.copy() for each in here] if len(here) > 1 else here
            with np.errstate(all="ignore"):
                for which, each in enumerate(here):
                    add(each, start[which, which], inputs[:, rows], pulled[which])
                    for other in range(len(here)):
                        if other != which:
                            np.add(each, start[which, other] * before[other], out=each)

        self._by_rows(part, len(kernels[0]))

    def _by_rows(self, part: Callable[[slice], Any], rows: int) -> list[Any]:
        """Return what `part` returns for each thread's rows of the kernel, in their order."""
        if self._pool is None:
            return [part(slice(0, rows))]
        ends = [rows * place // self._threads for place in range(self._threads + 1)]
        own, *others = [slice(begin, end) for begin, end in pairwise(ends)]
        waiting = [self._pool.submit(part, each) for each in others]
        return [part(own), *(each.result() for each in waiting)]


def _add_product(kernel: NDArray[Any], scale: Any, inputs: NDArray[Any], pulled: NDArray[Any]) -> None:
    """Set a kernel to ``scale * kernel + inputs.T @ pulled`` in place."""
    gemm: Any = get_blas_funcs("gemm", [kernel])
    # BLAS reads arrays in Fortran order, hence transposed: Wᵀ ← s Wᵀ + Pᵀ X.
    gemm(1, pulled.T, inputs.T, trans_b=True, beta=scale, c=kernel.T, overwrite_c=True)


def _add_product_unlocked(
    kernel: NDArray[Any], scale: Any, inputs: NDArray[Any], pulled: NDArray[Any]
) -> None:
    """Do the same without Python's lock, which SciPy's own function holds; `inputs` may be some columns."""
    pulled = np.ascontiguousarray(pulled)
    number = ctypes.c_float if kernel.dtype == np.float32 else ctypes.c_double
    integers = [
        ctypes.byref(ctypes.c_int(each))
        for each in (kernel.shape[1], kernel.shape[0], len(inputs), inputs.strides[0] // inputs.itemsize)
    ]
    units, rows, count, wide = integers
    one, beta = ctypes.byref(number(1)), ctypes.byref(number(float(scale)))
    data = [ctypes.c_void_p(each.ctypes.data) for each in (pulled, inputs, kernel)]
    gemm = _gemm("sgemm" if number is ctypes.c_float else "dgemm")
    gemm(b"N", b"T", units, rows, count, one, data[0], units, data[1], wide, beta, data[2], units)


@cache
def _gemm(name: str) -> Callable[..., None]:
    """Return the function of SciPy's BLAS, which ctypes calls without Python's lock."""
    capsule: Any = import_module("scipy.linalg.cython_blas").__pyx_capi__[name]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return ctypes.CFUNCTYPE(None, *[ctypes.c_char_p] * 2, *[ctypes.c_void_p] * 11)(
        api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule))
    )
