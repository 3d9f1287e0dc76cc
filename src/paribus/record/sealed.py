"""Sealed JSON files: each ends in the digest of everything before it, so that any damage is noticed."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from paribus.record import files
from paribus.study import reading

SCHEMA = 2
"""The version of the format of a study's folder; version 1 had no digests and is still read."""

_SEAL = re.compile(rb'  "sha256": "([0-9a-f]{64})"\n}\n')
_SEAL_BYTES = len('  "sha256": ""\n}\n') + 64


class NewerSchemaError(ValueError):
    """A file was written by a newer Paribus."""

    def __init__(self, schema: object) -> None:
        self.schema = schema
        super().__init__(f"schema {schema}")


def write(path: Path, tree: files.Tree, *, durable: bool = True) -> None:
    """Replace a file by a tree as JSON, with its schema first and its digest last.

    Args:
        tree: Its content; ``schema`` and ``sha256`` are added.
        durable: As in `paribus.record.files.write`.

    Raises:
        OSError: The disk is full or failing; the file is unchanged.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "result.json")
        >>> write(path, {"epochs": 3})
        >>> read(path)
        {'epochs': 3}
        >>> _ = path.write_bytes(path.read_bytes().replace(b"3", b"4"))
        >>> read(path)
        Traceback (most recent call last):
        ...
        ValueError: the content is not what its sha256 says
    """
    files.write(path, encode(tree), durable=durable)


def encode(tree: files.Tree) -> bytes:
    """Return the bytes of a sealed file.

    Args:
        tree: As in `write`.
    """
    text = json.dumps(files.finite({"schema": SCHEMA, **tree}), indent=2, ensure_ascii=False)
    body = (text.removesuffix("\n}") + ",\n").encode(errors="replace")  # a path may be no text
    seal = f'  "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'
    return body + seal.encode()


def read(path: Path) -> dict[str, object]:
    """Read the tree in a sealed file, or in one of schema 1, which has no digest.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It cannot be read.
        NewerSchemaError: A newer Paribus wrote it.
        ValueError: It is damaged.
    """
    return decode(reading.read_bytes(path))


def decode(content: bytes) -> dict[str, object]:
    """Return the tree in the bytes of a sealed file, as `read` does.

    Raises:
        NewerSchemaError: A newer Paribus wrote it.
        ValueError: It is damaged.
    """
    tree = reading.parse_object(content)
    body, seal = content[:-_SEAL_BYTES], _SEAL.fullmatch(content[-_SEAL_BYTES:])
    schema = tree.pop("schema", None)
    is_sealed = seal is not None and hashlib.sha256(body).hexdigest().encode() == seal[1]
    is_of_schema_1 = schema == 1 and "sha256" not in tree
    if not is_sealed and not is_of_schema_1:
        if isinstance(schema, int) and schema > SCHEMA:
            raise NewerSchemaError(schema)
        raise ValueError("the content is not what its sha256 says")
    if not isinstance(schema, int) or schema not in {1, SCHEMA}:
        raise NewerSchemaError(schema)
    tree.pop("sha256", None)
    return tree
