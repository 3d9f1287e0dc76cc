"""Paribus beside Keras, PyTorch and scikit-learn: `make benchmarks`."""
