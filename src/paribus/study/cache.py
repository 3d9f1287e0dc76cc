"""The cache folder, for what can be made again: downloads, decoded images, compiled programs, indexes."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the cache folder: ``PARIBUS_CACHE``, else the user's cache folder on this system."""
    import platformdirs

    chosen = os.environ.get("PARIBUS_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("paribus", appauthor=False))
