"""One training script per framework; each runs as a process of its own, see `serve`."""
