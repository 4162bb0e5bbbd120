"""The 500 and 503 error page: answered when the site itself fails, with the numbers that a reader in danger needs."""

import errno
import sys

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError
from django.http import HttpRequest, HttpResponse

from awareness import finished

OURS = (DataError, IntegrityError, ProgrammingError)  # faults of our own SQL: the database itself answers
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk is full: a picture was to be made for a page
WAIT = 120  # seconds, for Retry-After


def page(request: HttpRequest) -> HttpResponse:
    """Django's handler500. No query. 503 while the database is away, full or locked, or the disk is full; else 500."""
    error = sys.exc_info()[1]
    away = isinstance(error, DatabaseError | InterfaceError) and not isinstance(error, OURS)
    away = away or (isinstance(error, OSError) and error.errno in FULL)
    answer = HttpResponse(finished.trouble(), status=503 if away else 500)
    answer["Retry-After"] = str(WAIT)
    answer["Cache-Control"] = "no-store"
    return answer
