"""Where a study's results lie."""

from __future__ import annotations

from pathlib import Path

from paribus.record.store import Store
from paribus.study.reader import builtin_names, load
from paribus.study.study import Study


def default_folder(study: Study, embedded: bool) -> Path:
    """Return where a study's results go unless the user says otherwise."""
    return Path("paribus-out") / (f"{study.name}-embedded" if embedded else study.name)


def results_folder(source: str, *, embedded: bool = False) -> Path:
    """Return where results lie: the folder itself, or a study's by default.

    Args:
        source: A folder of results, a study's file, or a built-in's name.
        embedded: Whether stand-ins played the image sets' roles; taken, too, where only they have run.

    Raises:
        StudyError: It is neither a folder of results nor a study.
    """
    folder = Path(source)
    if Store(folder).exists() or (folder.is_dir() and source not in builtin_names()):
        return folder
    study = load(source)
    own, small = (default_folder(study, each) for each in (False, True))
    return small if embedded or (Store(small).exists() and not Store(own).exists()) else own
