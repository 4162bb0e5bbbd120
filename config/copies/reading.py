"""Restore a backup into an empty place: verified, then written, and inert until claim_site says whose site it is."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, connections, transaction

from config import shape
from config.copies import form, postgres, sqlite
from config.copies.form import MEDIA, Contents, CopyError
from config.processes import hold
from donations.webhooks import restored
from foundation.jobs.models import Heartbeat
from foundation.letters import outbox
from foundation.organisation import clone_guard
from supporters.newsletter import sending

Say = Callable[[str], None]
SPARE = 50 * 1024 * 1024  # bytes of disk that stay free


@contextmanager
def opened(path: Path, sealed: bool = True) -> Iterator[tuple[ZipFile, Contents]]:
    """Open a backup file and read its manifest. Raises CopyError."""
    try:
        bundle = ZipFile(path)
    except OSError as error:
        raise CopyError(f"{path}: {error.strerror or error}.") from error
    except form.BROKEN as error:
        raise CopyError(f"{path} is no whole copy: it was cut off, or is something else.") from error
    with bundle:
        try:
            yield bundle, form.read(bundle, sealed)
        except OSError as error:
            raise CopyError(f"{error.filename or path}: {error.strerror or error}.") from error


def restore(path: Path, say: Say, sealed: bool = True) -> Contents:
    """Restore a backup. Nothing is written before the file is verified and the place is empty. Raises CopyError."""
    with opened(path, sealed) as (bundle, contents):
        _refuse_other_shape(contents)
        _refuse_place(contents)
        say("Reading all of it once, before anything is written …")
        form.prove(bundle, contents)
        try:
            say("What was uploaded …")
            with _media(bundle, contents):
                say("The database …")
                kind = sqlite if connection.vendor == "sqlite" else postgres
                kind.load(bundle, contents, lambda migrate: _make_inert(contents, migrate))
        except DatabaseError as error:
            raise CopyError(f"Nothing was restored: the database says “{str(error).strip()}”.") from error
        return contents


def _refuse_other_shape(contents: Contents) -> None:
    if other := shape.unknown((app, name) for app, name in contents.migrations):
        raise CopyError(
            "This copy was made by a newer version of the site than this one, or by one before its first release: it "
            f"does not know {other}. Restore it with the version that made it."
        )


def _refuse_place(contents: Contents) -> None:
    """A place is empty when it has no database and nothing was uploaded to it; secrets may be there, and should be."""
    if contents.database != connection.vendor:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise CopyError(
            f"This copy is of a site on {names.get(contents.database, contents.database)}, and here DATABASE_URL "
            f"means {names[connection.vendor]}. A copy is restored into a database of its own kind."
        )
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    if not hold(settings.DATA_DIR / "serving.lock"):
        raise CopyError(
            f"A server runs on this data, {settings.DATA_DIR}. A copy is restored into an empty place only."
        )
    (sqlite if connection.vendor == "sqlite" else postgres).refuse_filled()
    root = Path(settings.MEDIA_ROOT)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise CopyError(f"{root} is not empty. A copy is restored into an empty place only.")
    if shutil.disk_usage(settings.DATA_DIR).free < contents.size + SPARE:
        raise CopyError(
            f"There is not enough space for it, {contents.size // 2**20} MB, on the disk of {settings.DATA_DIR}."
        )


@contextmanager
def _media(bundle: ZipFile, contents: Contents) -> Iterator[None]:
    """Unpack the uploads into MEDIA_ROOT, and delete them again when the rest of the restore fails."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    try:
        for name in contents.media():
            path = root / name.removeprefix(MEDIA)
            path.parent.mkdir(parents=True, exist_ok=True)
            with bundle.open(name) as entry, path.open("xb") as file:
                shutil.copyfileobj(entry, file, form.PIECE)
        yield
    except BaseException:
        for path in root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _make_inert(contents: Contents, migrate: Callable[[], Any]) -> None:
    """Make the restored copy inert, after its migrations: mark it for the clone guard, hold back letters and events
    that may have been sent or applied since, and end every session that was open then.
    """
    migrate()
    with transaction.atomic():
        clone_guard.restored(contents.moment)
        outbox.doubt_what_waits()
        sending.pause_all()
        restored.quieten_what_waits()
        Session.objects.all().delete()
        Heartbeat.objects.all().delete()
    connections.close_all()
