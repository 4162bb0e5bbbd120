"""Make a backup: a snapshot of the database while the site runs, then the uploads, into one file."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings
from django.db import connection

from config.copies import form, postgres, sqlite
from config.copies.form import CONTENTS, MEDIA, READ_ME, SEAL, Contents, CopyError
from foundation.organisation import clone_guard

Say = Callable[[str], None]
WORDS = """A copy of the site {of}, made at {made_at}.

It holds the database and what was uploaded. It holds no secrets: those are kept apart (docs/copies.md).
There are names, addresses and gifts of people in it: keep it where only those come who may read all of that.

To come back to it, in an empty place: manage.py restore FILE
"""


def write(target: Path, say: Say) -> tuple[Path, Contents]:
    """Write a backup into a folder, named by its time in UTC; or into a file that is not there yet. Raises CopyError.

    Until all of it is written and synced to disk it has another name: what ends early never looks whole.
    """
    made_at = datetime.now(UTC)
    path = target / f"road-out-{made_at:%Y-%m-%dT%H%M%SZ}.zip" if target.is_dir() else target
    _check(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        clone_guard.identity()  # the row by which the clone guard knows a restored copy
        with _private(draft) as file, ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as bundle:
            contents = _fill(bundle, made_at, draft, say)
            file.flush()
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            raise CopyError(f"{path} came there meanwhile: nothing was written over it.")
        draft.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise CopyError(f"No copy was made: {error.strerror or error} ({error.filename or path}).") from error
    finally:
        draft.unlink(missing_ok=True)
    return path, contents


def _check(path: Path) -> None:
    if path.exists():
        raise CopyError(f"{path} is there already: nothing is written over it.")
    if not path.parent.is_dir():
        raise CopyError(f"There is no folder {path.parent}.")
    if path.resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve()):
        raise CopyError(f"{path.parent} is among what is copied. Name a folder elsewhere, best on another disk.")


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that its owner alone can read (mode 0600)."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        yield file


def _sync_folder(folder: Path) -> None:
    """Sync the folder, so that the new name is on the disk too, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _fill(bundle: ZipFile, made_at: datetime, draft: Path, say: Say) -> Contents:
    """Write the database first: a picture that it names was there before it. One added meanwhile is copied too."""
    contents = Contents(
        form.FORMAT, made_at.isoformat(timespec="seconds"), settings.BASE_URL, connection.vendor, form.applied()
    )
    put = Entries(bundle, contents)
    words = WORDS.format(of=contents.of, made_at=contents.made_at)
    put.entry(READ_ME, iter([words.encode()]))
    say("The database …")
    if connection.vendor == "sqlite":
        sqlite.dump(put, contents, draft)
    else:
        postgres.dump(put, contents)
    say("What was uploaded …")
    root = Path(settings.MEDIA_ROOT)
    for path in _files(root, root, contents.left_out):
        with suppress(FileNotFoundError), path.open("rb") as file:  # deleted meanwhile: nobody misses it
            put.entry(MEDIA + path.relative_to(root).as_posix(), form.pieces(file), stored=True)
    written = contents.to_bytes()
    bundle.writestr(CONTENTS, written)
    bundle.writestr(SEAL, form.seal(written))
    return contents


class Entries:
    """Writes files into the backup, each with its SHA-256."""

    def __init__(self, bundle: ZipFile, contents: Contents) -> None:
        self.bundle, self.contents = bundle, contents

    def entry(self, name: str, source: Iterator[bytes], stored: bool = False) -> None:
        """Add an entry. Pictures, films and sounds are compressed already, so they are stored as they are."""
        try:
            name.encode()
        except UnicodeEncodeError:
            raise CopyError(f"No copy was made: the name {name!r} is no text. Rename that file.") from None
        info = ZipInfo(name, self.contents.moment.timetuple()[:6])
        info.compress_type = ZIP_STORED if stored else ZIP_DEFLATED
        info.external_attr = (stat.S_IFREG | 0o600) << 16
        digest, length = hashlib.sha256(), 0
        with self.bundle.open(info, "w", force_zip64=True) as entry:
            for piece in source:
                entry.write(piece)
                digest.update(piece)
                length += len(piece)
        self.contents.files[name] = [digest.hexdigest(), length]


def _files(folder: Path, root: Path, left_out: list[str]) -> Iterator[Path]:
    """Every file below the folder. A symlink may lead anywhere on this machine, so it is named and not followed."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        kind = path.lstat().st_mode if not path.is_symlink() else 0
        if stat.S_ISDIR(kind):
            yield from _files(path, root, left_out)
        elif stat.S_ISREG(kind):
            yield path
        else:
            left_out.append(MEDIA + path.relative_to(root).as_posix())
