"""Open results wherever they lie: a folder, a study's name, an archive, an address."""

from __future__ import annotations

from pathlib import Path

from paribus.workflow.folders import find_results
from paribus.workflow.public import public
from paribus.workflow.request import as_path, wrong_argument
from paribus.workflow.results import Results, load_results


@public
def open(source: str | Path, *, embedded: bool = False) -> Results:  # noqa: A001 - as pb.open
    """Read results as the commands find them; trains nothing, and writes nothing into an archive.

    Args:
        source: A folder, the name or the file of a study that has run, or a zip file of results.
        embedded: Whether stand-ins played the image sets' roles.

    Raises:
        StudyError: It is neither results nor a study.
        StoreError: The results cannot be read, or the archive is refused.
        UsageError: It is no path.

    Example:
        >>> import paribus as pb
        >>> pb.open("lab2.zip").comparisons()  # doctest: +SKIP
    """
    if not isinstance(as_path(source), Path):
        raise wrong_argument("source", source, "folder")
    return load_results(find_results(str(source), embedded=embedded).folder)
