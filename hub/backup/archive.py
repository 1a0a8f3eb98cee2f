"""The file: a zip of a COPY (text) of each table and, written last, of `manifest.json`.

The manifest has the schema's revision, each table's columns, rows and SHA-256, the sequences, and
which keys are needed: their ids, and a mark by which the right key is known. The keys themselves
are never in it. The file appears under its name when it is whole, readable by its owner alone.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 2**18
LEVEL = 3  # of compression: a third of the time of 6, for a tenth more bytes
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
ODD = (LookupError, TypeError, ValueError)  # a manifest of somebody else's


class BadArchive(Exception):
    """A backup that cannot be made or used; the message is a sentence that says why."""


class Writer:
    """Takes the tables one after another."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file = file

    @contextmanager
    def table(self, name: str) -> Iterator["Sink"]:
        """Where the COPY of a table goes."""
        with self.file.open(f"{name}.copy", "w", force_zip64=True) as member:
            yield Sink(member)

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write what the archive says of itself."""
        self.file.writestr(MANIFEST, json.dumps({"format": FORMAT} | manifest, indent=1))


class Sink:
    """Writes, and counts what it has written."""

    def __init__(self, member: Any) -> None:
        self.member = member
        self.digest = hashlib.sha256()
        self.rows = 0

    def write(self, data: bytes | memoryview) -> None:
        """More of the COPY, in whole rows or parts of them."""
        self.member.write(data)
        self.digest.update(data)
        self.rows += bytes(data).count(b"\n")  # COPY writes a newline within a value as \n


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """A new archive at `path`, there whole or not at all."""
    if path.exists():
        raise BadArchive(f"{path} exists already: name another file.")
    part = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        os.fchmod(descriptor, 0o600)
        with open(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as whole:
                yield Writer(whole)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as problem:
        raise BadArchive(f"{path} cannot be written: {problem.strerror}.") from None
    finally:
        with suppress(OSError):  # it has its name, or never began
            part.unlink()


class Reader:
    """An archive that was opened; what is damaged is `BadArchive`."""

    def __init__(self, path: Path, file: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
        self.path = path
        self.file = file
        self.manifest = manifest

    def check(self) -> None:
        """Read all of it once, so that nothing is begun with what is damaged."""
        for name in self.manifest["tables"]:
            for _ in self.table(name):
                pass

    def table(self, name: str) -> Iterator[bytes]:
        """The COPY of a table, in pieces; `BadArchive` at its end if it is not what was written."""
        digest = hashlib.sha256()
        with _whole(self.path), self.file.open(f"{name}.copy") as member:
            while piece := member.read(CHUNK):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != self.manifest["tables"][name]["sha256"]:
            raise _damaged(self.path)


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """The archive at `path`."""
    try:
        file: BinaryIO = path.open("rb")
    except OSError as problem:
        raise BadArchive(f"{path} cannot be read: {problem.strerror}.") from None
    with file:
        with _whole(path):
            whole = zipfile.ZipFile(file)
            manifest = json.loads(whole.read(MANIFEST))
            itemgetter("made_at", "revision", "tables", "sequences", "keys")(manifest)
            known = manifest["format"] == FORMAT
        if not known:
            raise BadArchive(f"{path} is of a newer hub: restore it with that one.")
        yield Reader(path, whole, manifest)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except (*DAMAGED, *ODD):
        raise _damaged(path) from None


def _damaged(path: Path) -> BadArchive:
    return BadArchive(f"{path} is no backup of a hub, or is damaged: nothing was restored.")
