"""Backup file format: a ZIP whose last entries are its manifest (contents.json) and the HMAC signature over that."""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils.crypto import constant_time_compare, salted_hmac

FORMAT = 1  # a file of a higher number was written by a version of the site that is newer than this one
READ_ME, CONTENTS, SEAL = "READ ME.txt", "contents.json", "seal.txt"
DATABASE, MEDIA = "database/", "media/"
PIECE = 1024 * 1024  # chunk size in bytes, however large a file is
SALT = "config.copies"
# What zipfile raises for a corrupt ZIP: the last for flags that it does not know.
BROKEN = (BadZipFile, EOFError, OSError, ValueError, OverflowError, zlib.error, struct.error, RuntimeError)


class CopyError(Exception):
    """Backup failed, or a backup file was refused. The text is a sentence for the person who ran the command."""


@dataclass
class Contents:
    """The manifest, `contents.json`. `files`: the SHA-256 and length in bytes of each entry."""

    format: int
    made_at: str
    of: str
    database: str  # "sqlite" or "postgresql"
    migrations: list[list[str]]
    rows: dict[str, int] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(
        default_factory=dict
    )  # of PostgreSQL: columns, and where each sequence stands
    files: dict[str, list[Any]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def size(self) -> int:
        return sum(length for _sum, length in self.files.values())

    def media(self) -> list[str]:
        return [name for name in self.files if name.startswith(MEDIA)]


def seal(contents: bytes) -> str:
    """Return the HMAC of the manifest. Nobody without SECRET_KEY can write it, and a changed file needs another."""
    return _seal(contents, settings.SECRET_KEY)


def is_ours(contents: bytes, given: str) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(_seal(contents, key), given) for key in keys)


def _seal(contents: bytes, key: str) -> str:
    return salted_hmac(SALT, contents, secret=key, algorithm="sha256").hexdigest()


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece


def applied() -> list[list[str]]:
    """Return the applied migrations of the database, as [app, name]."""
    return sorted([app, name] for app, name in MigrationRecorder(connections["default"]).applied_migrations())


def read(bundle: ZipFile, sealed: bool = True) -> Contents:
    """Read and verify the manifest of a backup. Raises CopyError for a file that is not a whole backup of ours."""
    try:
        written = bundle.read(CONTENTS)
        known = json.loads(written)
        if known["format"] > FORMAT:
            raise CopyError(
                "This copy was made by a newer version of the site than this one. Install that version here first."
            )
        if sealed and not is_ours(written, bundle.read(SEAL).decode()):
            raise CopyError(
                "The seal of this copy does not fit the SECRET_KEY here: either the file was changed by somebody, or "
                "the secrets of the site that it was made on are not in place yet. Put them there first. If they are "
                "lost and you trust the place where the file was kept: --unsealed"
            )
        contents = Contents(**known)
        for name, (digest, length) in contents.files.items():
            _check_entry(bundle, name, str(digest), int(length))
    except (*BROKEN, KeyError, TypeError, AttributeError) as error:
        raise CopyError(f"This file is damaged, or no copy of such a site ({error!r}).") from error
    if sorted(bundle.namelist()) != sorted([*contents.files, CONTENTS, SEAL]):
        raise CopyError("This file is damaged: it holds other entries than it says.")
    return contents


def _check_entry(bundle: ZipFile, name: str, digest: str, length: int) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or str(path) != name:
        raise CopyError(f"This file is damaged: {name!r} is no place inside it.")
    if bundle.getinfo(name).file_size != length:
        raise CopyError(f"This file is damaged: {name} is not as long as it says.")


def prove(bundle: ZipFile, contents: Contents) -> None:
    """Verify the checksum of every entry, before a restore writes anything anywhere. Raises CopyError."""
    for name, (digest, _length) in contents.files.items():
        found = hashlib.sha256()
        try:
            with bundle.open(name) as stream:
                for piece in pieces(stream):
                    found.update(piece)
        except BROKEN as error:
            raise CopyError(f"This file is damaged at {name}: {error}") from error
        if found.hexdigest() != digest:
            raise CopyError(f"This file is damaged: {name} is not what was copied.")
