"""Data: where images are found, how they are verified, read, cached and split."""
