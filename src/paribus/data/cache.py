"""The cache folder, which results are read by as well; so it is found in a room below both."""

from paribus.study.cache import cache_folder

__all__ = ["cache_folder"]
