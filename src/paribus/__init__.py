"""Controlled experiments on how neural networks train."""
