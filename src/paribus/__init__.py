"""Controlled experiments on how neural networks train.

One base configuration, variants that each change one thing, and an answer that says what changed.

Example:
    >>> import paribus as pb
    >>> study = pb.load("lab2")
    >>> study.variants["2"].parent
    '1'
    >>> results = pb.run(study, embedded=True)  # doctest: +SKIP
    >>> results["2"].summary()  # doctest: +SKIP
"""

import lazy_loader

__version__ = "0.1.0"

# What is public is listed in __init__.pyi, and loaded when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
