"""Where a study's results lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from paribus.execute.shards import Shard
from paribus.record.store import LAST_REQUEST, STUDY, Store
from paribus.study.reader import builtin_names, load
from paribus.study.study import Study
from paribus.texts.message import Message
from paribus.workflow.archives import opened_copy

_ROOT = Path("paribus-out")


@dataclass(frozen=True)
class FoundResults:
    """Where the results of a study were found.

    Args:
        folder: Their folder; it need not exist.
        other: The folder with the study's results on other images; None where there is none, or it was not
            a matter of choice.
    """

    folder: Path
    other: Path | None = None

    @property
    def choice(self) -> Message | None:
        """Which of two folders was chosen, and why, in a sentence; None where there was no choice."""
        if self.other is None:
            return None
        return Message("run.chosen-folder", {"folder": self.folder, "other": self.other})


def default_folder(study: Study, embedded: bool, shard: Shard | None = None) -> Path:
    """Return where a study's results go unless the user says otherwise.

    Data of one's own have no stand-ins: with them ``--embedded`` changes nothing.

    Args:
        study: Any.
        embedded: Whether stand-ins were asked for.
        shard: Which part of the study is meant; None for all of it.
    """
    small = _folder(study.name, True)
    is_small = embedded and (study.has_image_sets or Store(small).exists())
    found = small if is_small else _folder(study.name, False)
    return found if shard is None else found.with_name(found.name + shard.folder_ending)


def find_results(source: str, *, embedded: bool = False) -> FoundResults:
    """Return where results lie: the folder itself, or a study's by default.

    Where a study has run on its images and on stand-ins, the folder of the last run is taken.

    Args:
        source: A folder of results, a study's file or name, a built-in's name, or an archive: its file, or
            its address.
        embedded: Whether stand-ins played the image sets' roles.

    Raises:
        StudyError: It is neither a folder of results nor a study.
        StoreError: The archive cannot be read.
    """
    copy = opened_copy(source)
    if copy is not None:
        return FoundResults(copy)
    folder = Path(source)
    if Store(folder).exists() or (folder.is_dir() and source not in builtin_names()):
        return FoundResults(folder)
    if folder.is_file() and folder.suffix not in (".yaml", ".yml") and Store(folder.parent).exists():
        return FoundResults(folder.parent)  # a report, or another file of a study's folder
    if folder.parent != Path() and not folder.suffix and not folder.exists():
        return FoundResults(folder)  # meant as a folder, and reading it says what it lacks
    return results_of(source if _has_run(source) else load(source).name, embedded=embedded)


def study_of(source: str) -> Study:
    """Return a study: of its file, a built-in's, or that of results, which know it without a file.

    Args:
        source: A study's file, a built-in's name, a folder or an archive of results, or the name of a study
            that has some.

    Raises:
        StudyError: It is none of them, or the study has faults.
        StoreError: The folder's study cannot be read.
    """
    folder = opened_copy(source) or Path(source)
    if Store(folder).exists():
        return Store(folder).study()[0]
    if _has_run(source) and source not in builtin_names() and not Path(source).exists():
        return Store(results_of(source).folder).study()[0]
    return load(source)


def results_of(name: str, *, embedded: bool = False) -> FoundResults:
    """Return where the results of a study of some name lie by default; see `find_results`."""
    own, small = _folder(name, False), _folder(name, True)
    if not Store(small).exists():
        has_own = Store(own).exists() and not Store(own).study()[0].has_image_sets
        return FoundResults(small if embedded and not has_own else own)
    if embedded:
        return FoundResults(small)
    if not Store(own).exists():
        return FoundResults(small)
    last, before = sorted((own, small), key=_last_run, reverse=True)
    return FoundResults(last, before)


def _folder(name: str, embedded: bool) -> Path:
    return _ROOT / (f"{name}-embedded" if embedded else name)


def _has_run(name: str) -> bool:
    return any(Store(_folder(name, embedded)).exists() for embedded in (False, True))


def _last_run(folder: Path) -> float:
    """Return when the last command trained into a folder, in seconds since 1970."""
    files = (folder / LAST_REQUEST, folder / STUDY)
    return max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
