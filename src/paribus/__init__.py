"""Controlled experiments on how neural networks train.

One base configuration, variants that each change one thing, and an answer that says what changed.

    load            read a study               run             train what is missing of it
    review          what its design lacks      load_results    read what has run
    confirm         put causes to the test     aa_test         measure false alarms
    rerun           check a reported run       plan            say what would run, and how long
    check           grade hand-ins      language        speak Vietnamese for a while
    open            read an archive     pack            make one
    diff            compare two studies    combine  several studies in one report
    gc              say what may go
    merge           join shards

What `run` and `load_results` return is `Results`; docs/api.md describes everything.

Example:
    >>> import paribus as pb
    >>> study = pb.load("lab2")
    >>> study.variants["2"].parent
    '1'
    >>> results = pb.run(study, embedded=True)  # doctest: +SKIP
    >>> results["2"].summary()  # doctest: +SKIP
"""

import lazy_loader

from paribus.study.keras_backend import choose_backend

__version__ = "0.1.0"

# Keras reads its backend once, when it is first imported, and asks for TensorFlow by itself.
choose_backend()

# What is public is listed in __init__.pyi, and loaded when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
