"""Which images: found, verified, read and split."""
