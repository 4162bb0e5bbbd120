"""Large lists as files: the worker writes one under DATA_DIR, whole or not at all, and it goes after a day.

The worker asks the list's own view, as the person who wants the file: search, filters, order, columns and permission
are those of the page. COPY keeps the job's connection busy, so that another thread, with a connection of its own, says
how far it is. Files never stand in a backup (docs/copies.md), and not in the database.
"""

import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone

from foundation.jobs import lanes, queue
from foundation.jobs.models import Job
from staff.models import Export, User

KIND = "staff-export"
LARGE = 50_000  # rows: of more a file is written by a job
KEPT = timedelta(hours=24)
TOLD, APART = 10_000, 1.0  # rows and seconds, at least, from one word about how far it is to the next
SWEPT = 60.0  # seconds between two looks at the files of this machine
FULL = {errno.ENOSPC, errno.EDQUOT}
Taker = Callable[[Iterator[bytes], Any], HttpResponseBase]
log = logging.getLogger(__name__)
_swept = {"at": float("-inf")}  # seconds of this machine's steady clock


class StoppedError(Exception):
    """Whoever asked for the file threw it away."""


def folder() -> Path:
    return Path(settings.DATA_DIR) / "exports"


def file_of(export: Export) -> Path:
    return folder() / f"{export.token}.csv"


def machine() -> str:
    return socket.gethostname()


def visit(export: Export, taker: Taker) -> HttpResponseBase:
    """Ask the list as that person, now; `taker(pieces, rows)` gets the file as it is made, and its rows, in place of a
    page. Raises PermissionDenied, also where there is no such list any more.
    """
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", export.path, export.path
    request.GET = QueryDict(export.query)
    # Wagtail then raises where it would lead to another page.
    request.META = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest", "QUERY_STRING": export.query}
    request.user = User.objects.get(pk=export.user_id)
    request.export_taker = taker  # type: ignore[attr-defined]  # staff/exports.py looks for it
    try:
        found = resolve(export.path)
    except Resolver404 as error:
        raise PermissionDenied from error
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    return answer


def may(export: Export) -> bool:
    """Whether they may have it still."""
    try:
        return visit(export, lambda pieces, rows: HttpResponse(status=204)).status_code == 204
    except PermissionDenied:
        return False


def ask(user: User, path: str, query: str, name: str, data: dict[str, Any]) -> tuple[Export, bool]:
    """Begin a file, unless one of that list is being written for them already. Returns it, and whether it is new."""
    for old in Export.objects.filter(user=user, path=path):
        if is_running(old):
            return old, False
        throw_away(old)
    more = {"query": query, "name": name, "data": data, "expires_at": timezone.now() + KEPT}
    export, new = Export.objects.get_or_create(user=user, path=path, defaults=more)
    if new:
        queue.enqueue(KIND, export.job_key, {"export": str(export.token)})
    return export, new


def known(user: User, path: str) -> Export | None:
    """The file of that list which is written for them, or can be fetched."""
    mine = Export.objects.filter(user=user, path=path, trouble="", expires_at__gt=timezone.now()).first()
    there = mine is not None and (file_of(mine).is_file() if mine.finished_at else is_running(mine))
    return mine if there else None


def is_running(export: Export) -> bool:
    """Whether a worker writes it, or will."""
    if export.finished_at or export.trouble or export.expires_at <= timezone.now():
        return False
    return Job.objects.filter(key=export.job_key, state__in=[Job.State.READY, Job.State.RUNNING]).exists()


def throw_away(export: Export) -> None:
    """Delete it with its file. A worker that writes it stops when it next says how far it is."""
    export.delete()
    file_of(export).unlink(missing_ok=True)


def throw_away_all() -> None:
    """Whatever they name: nobody gets one any more. The files go within a minute (`sweep`), on whichever machine."""
    Export.objects.all().delete()


@queue.handler(KIND, lane=lanes.SLOW)
def write(args: dict[str, Any]) -> None:
    """Job: write the file. One that a dead worker began is written anew; nobody ever gets a part of one."""
    export = Export.objects.filter(token=args["export"], finished_at=None).first()
    if export is None:
        return
    try:
        visit(export, lambda pieces, rows: _write(export, pieces, rows))
    except PermissionDenied:
        _end(export, trouble=Export.Trouble.REFUSED)
    except StoppedError:
        pass
    except OSError as error:
        if error.errno not in FULL:
            raise
        log.error("A list could not be written to a file: the disk of %s is full.", machine())
        _end(export, trouble=Export.Trouble.DISK)


def _end(export: Export, **fields: Any) -> None:
    now = timezone.now()
    Export.objects.filter(pk=export.pk).update(finished_at=now, expires_at=now + KEPT, **fields)


def _write(export: Export, pieces: Iterator[bytes], rows: Any) -> HttpResponse:
    here = folder()
    here.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in here.glob(f"{export.token}.*.part"):
        old.unlink(missing_ok=True)
    part = here / f"{export.token}.{os.getpid()}-{threading.get_ident()}.part"
    export.rows = rows.count()
    Export.objects.filter(pk=export.pk).update(rows=export.rows, done=0)
    try:
        with _Told(export) as told, open(part, "xb", opener=_private) as file:
            for piece in pieces:
                file.write(piece)
                told.more(piece.count(b"\r\n"))
            file.flush()
            os.fsync(file.fileno())
        if not Export.objects.filter(pk=export.pk).exists():
            raise StoppedError
        part.replace(file_of(export))
    finally:
        part.unlink(missing_ok=True)
    _end(export, done=export.rows, machine=machine())
    return HttpResponse(status=204)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Told:
    """Says how far it is, and keeps the lease, by a connection of its own: the job's is busy until the last row."""

    def __init__(self, export: Export) -> None:
        self.export, self.rows = export, 0
        self.last, self.at = 0, time.monotonic()

    def __enter__(self) -> "_Told":
        self.beside = ThreadPoolExecutor(1)
        return self

    def __exit__(self, *_: object) -> None:
        if self.last:
            self.beside.submit(connections.close_all).result()
        self.beside.shutdown()

    def more(self, rows: int) -> None:
        """So many lines more: about as many rows, since a cell may hold several."""
        self.rows += rows
        if self.rows - self.last >= TOLD and time.monotonic() - self.at >= APART:
            self.last, self.at = self.rows, time.monotonic()
            self.beside.submit(copy_context().run, self._tell).result()

    def _tell(self) -> None:
        if not Export.objects.filter(pk=self.export.pk).update(done=min(self.rows, self.export.rows or 0)):
            raise StoppedError
        queue.extend_lease()


@queue.every("hour")
def forget() -> None:
    """Delete the rows of files whose day is over."""
    Export.objects.filter(expires_at__lte=timezone.now()).delete()


@queue.each_worker
def sweep(stop: threading.Event) -> None:
    """Delete the files of this machine that nobody may fetch any more, each minute: expired, thrown away, half."""
    if not folder().is_dir() or time.monotonic() - _swept["at"] < SWEPT:
        return
    _swept["at"] = time.monotonic()
    files = list(folder().iterdir())
    if not files:
        return
    kept = {str(each.token): each for each in Export.objects.filter(expires_at__gt=timezone.now())}
    for file in files:
        export = kept.get(file.name.partition(".")[0])
        if export is None or (file.suffix == ".part" and export.finished_at):
            file.unlink(missing_ok=True)
