"""Data of the user's own: where it lies, and what a study says of how to read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from pydantic import Field

from paribus.errors import InputError
from paribus.study.configuration import Configuration, OwnTraining, Scalar
from paribus.study.datasets import DATA_WAYS, IMAGE_SETS, DataFacts, Task
from paribus.study.faults import Faults, PartReader, format_value, unknown_name
from paribus.study.frozen import Frozen
from paribus.study.keys import GENERATED, KEYS, SKLEARN_SETS, Group
from paribus.study.networks import Networks
from paribus.study.programs import Program, Programs
from paribus.study.yaml_node import YamlNode

_KEYS = KEYS[Group.DATA]
_TABLE = ("target", "drop", "group", "id", "categorical", "text", "length", "vocabulary", "weight")
OPTIONS = {
    "sklearn": ("test", "task"),
    "npz": ("test", "ordered", "task", "inputs", "tokens", "score"),
    "csv": ("test", "ordered", "task", "separator", "decimal", *_TABLE),
    "parquet": ("test", "ordered", "task", *_TABLE),
    "images": ("test", "size"),
    "sequences": ("test", "ordered", "task", "length", "vocabulary"),
    "generated": ("test", "length", "examples"),
    "python": ("test", "ordered", "task", "arguments", "tokens", "score"),
    "arrays": (),
}
"""Which keys go with which way, ``name`` aside."""
_BY_NAME = {"sklearn": SKLEARN_SETS, "generated": GENERATED}
_FILES = ("npz", "csv", "parquet", "images", "sequences", "python")
_READER = "paribus.data.own.load:facts_of"


class Source(Frozen):
    """Where data of the user's own lies, and how it is read; the fields are the keys under ``data``.

    Args:
        way: The key that names the place: ``csv``, ``npz``, ``images``, ...
        place: A file or folder, a data set of scikit-learn, a generator, ``file.py:function``, or the
            digest of arrays.
        name: What the data set is called in tables.
        test: Share of the examples that become test data, where the place has none; None for 0.2.
        task: What is to be predicted; None where it is to be inferred from the labels.
        target: Columns that are predicted.
        drop: Columns that are left out.
        group: Column whose values must not be on both sides of a split.
        id: Column that names the rows.
        categorical: Columns of categories that look like numbers.
        text: Column of text, which becomes a sequence of tokens.
        separator: What stands between the columns of a CSV file; None to find out.
        decimal: What stands before the decimals; None to find out.
        size: Height and width to which images are brought.
        length: Tokens or steps of a sequence; of tokens longer ones are cut, shorter ones padded.
        vocabulary: How many tokens are told apart; None for all, or 10,000 of a text's.
        examples: How many sequences are generated.
        arguments: What the function is called with.
        weight: Column that says how much each row counts in the training loss.
        ordered: Whether rows are in the order of time: the test data that are taken from them are the last.
        inputs: The array of each input, where examples have several: what comes before ``_train``.
        tokens: Which of several inputs are whole numbers that name tokens.
        score: Which of several targets runs are scored by; empty for the first.
    """

    way: str
    place: str
    name: str
    test: float | None = None
    task: Task | None = None
    target: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    group: str | None = None
    id: str | None = None
    categorical: tuple[str, ...] = ()
    text: str | None = None
    separator: str | None = None
    decimal: str | None = None
    size: tuple[int, int] | None = None
    length: int | None = None
    vocabulary: int | None = None
    examples: int | None = None
    arguments: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)
    weight: str | None = None
    ordered: bool = False
    inputs: dict[str, str] = Field(default_factory=dict)
    tokens: tuple[str, ...] = ()
    score: str = ""

    @property
    def told(self) -> str:
        """The way and the place without its folders, as a table has it.

        Example:
            >>> Source(way="csv", place="/home/me/houses.csv", name="houses").told
            'csv: houses.csv'
        """
        return self.way if self.way == "arrays" else f"{self.way}: {Path(self.place).name}"


class Sources:
    """The sources that a study's variants name, each looked at once.

    Args:
        folder: Against which relative paths are resolved.
        facts: What is known of each, so that none is looked at again.
        known: A configuration that is read again: the files of its function and network are not looked for.
    """

    def __init__(
        self, folder: Path, facts: DataFacts | None = None, known: Configuration | None = None
    ) -> None:
        self.folder = folder
        self.facts = facts
        self.by_name: dict[str, Source] = {}
        self.known = known
        self.train = None if known is None else known.train
        self.networks = Networks(folder)
        self.programs: dict[str, Program] = {}
        """Files that train, by their SHA-256."""
        self._looked: dict[str, DataFacts | None] = {}

    def read(self, written: YamlNode, faults: Faults) -> tuple[str | None, DataFacts | None]:
        """Return the name of a data set and what is known of it, or nothing where it cannot be read.

        Args:
            written: A mapping under ``data``.
            faults: Where it adds what is wrong.
        """
        source = SourceReader(faults, self.folder).source(written)
        if source is None:
            return None, None
        if self.by_name.setdefault(source.name, source) != source:
            faults.add(written.fault("data-same-name", name=format_value(source.name)))
            return None, None
        if self.facts is not None:
            return source.name, self.facts
        if source.name not in self._looked:
            try:
                self._looked[source.name] = facts_of(source)
            except InputError as error:
                self._looked[source.name] = None
                faults.add(written.fault("data-unreadable", why=str(error)))
        facts = self._looked[source.name]
        return (source.name, facts) if facts else (None, None)

    def training(self, written: YamlNode, faults: Faults) -> OwnTraining | None:
        """Return the function that trains, without its settings; None where it cannot be read.

        Args:
            written: A mapping under ``train``.
            faults: Where it adds what is wrong.
        """
        found = Programs(faults).read(written, self.folder, self.train)
        if found is None:
            return None
        own, program = found
        if program is not None:
            self.programs[own.sha256] = program
        return own


def facts_of(source: Source) -> DataFacts:
    """Look at data and return what is known of it.

    The room that reads data stands above this one, and a study with data of its own cannot be read without
    it. So it is asked by its name, and only when there is such data.

    Raises:
        InputError: The data cannot be read; the message says why and what to do.
    """
    return resolve_name(_READER)(source)


class SourceReader(PartReader):
    """Reads a mapping under ``data``.

    Args:
        faults: Where it adds what is wrong.
        folder: Against which relative paths are resolved.
    """

    def __init__(self, faults: Faults, folder: Path) -> None:
        super().__init__(faults)
        self.folder = folder

    def source(self, written: YamlNode) -> Source | None:
        """Return the source, or None where anything is wrong with it."""
        before = len(self.faults)
        self.check_keys("argument", written.branches, _KEYS, "data")
        ways = [way for way in DATA_WAYS if written.get(way) is not None]
        if len(ways) != 1:
            code = "data-two-ways" if ways else "data-no-way"
            known = ", ".join(way for way in DATA_WAYS if way != "arrays")
            self.faults.add(
                written.fault(code, ways=", ".join(ways), known=known, sets=", ".join(IMAGE_SETS))
            )
            return None
        (way,) = ways
        allowed = ("name", way, *OPTIONS[way])
        for key, node in written.branches.items():
            if key in _KEYS and key not in allowed:
                code = "data-option"
                self.faults.add(
                    node.fault(code, given=format_value(key), way=way, known=", ".join(OPTIONS[way]))
                )
        place = self._place(way, written.branches[way])
        options = dict(self._options(written))
        if place is None or len(self.faults) > before:
            return None
        name = self.text(written, "name") or _name(way, place)
        return Source(way=way, place=place, name=name, **options)

    def _place(self, way: str, written: YamlNode) -> str | None:
        given = written.text
        if not given:
            self.faults.add(written.fault("not-words"))
            return None
        known = _BY_NAME.get(way)
        if known is not None and given not in known:
            self.faults.add(unknown_name("data", written, given, known))
            return None
        return str(self.folder / Path(given).expanduser()) if way in _FILES else given

    def _options(self, written: YamlNode) -> Iterator[tuple[str, Any]]:
        for key in ("test", "task", "length", "vocabulary", "examples", "size", "ordered"):
            value = self.setting(written, *_KEYS[key].as_setting)
            if value is not None:
                yield key, tuple(value) if isinstance(value, list) else value
        for key in ("target", "drop", "categorical", "tokens"):
            yield key, tuple(self._words(written.get(key)))
        for key in ("group", "id", "text", "separator", "decimal", "weight", "score"):
            if said := self.text(written, key):
                yield key, said
        yield "inputs", dict(self._inputs(written.get("inputs")))
        arguments = written.get("arguments")
        if arguments is not None and not isinstance(arguments.value, dict):
            self.faults.add(
                arguments.fault(
                    "not-allowed", given=format_value(arguments.plain()), allowed=_KEYS["arguments"].domain
                )
            )
        yield (
            "arguments",
            {key: node.plain() for key, node in arguments.branches.items()} if arguments else {},
        )

    def _inputs(self, written: YamlNode | None) -> Iterator[tuple[str, str]]:
        """Yield each input with the array that it is read from; a list names arrays that are called so."""
        if written is None:
            return
        if not isinstance(written.value, dict):
            yield from ((name, name) for name in self._words(written))
        for name, array in written.branches.items():
            if array.text is None:
                self.faults.add(array.fault("not-words"))
            else:
                yield name, array.text

    def _words(self, written: YamlNode | None) -> Iterator[str]:
        if written is None:
            return
        for item in written.items or [written]:
            if item.text is None:
                self.faults.add(item.fault("not-words"))
            else:
                yield item.text


def folder_of(source: str) -> Path:
    """Return the folder at which a study's relative paths start: its file's, else the current one.

    Args:
        source: The file or the built-in study that it was read from.
    """
    path = Path(source)
    return path.parent if path.suffix else Path()


def _name(way: str, place: str) -> str:
    """Return what data is called that its author gave no name: as its file, unless a known set is so."""
    if way == "arrays":
        return "data"
    path = Path(place.rpartition(":")[0] or place) if way == "python" else Path(place)
    name = path.stem if way not in ("images", *_BY_NAME) else path.name
    return f"{name}-{way}" if name in IMAGE_SETS else name
