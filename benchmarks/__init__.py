"""Benchmarks of Paribus, Keras, PyTorch and scikit-learn: `make benchmarks`."""
