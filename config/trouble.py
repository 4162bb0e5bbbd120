"""What is answered when the site itself fails: a page with the numbers that a reader in danger needs."""

import errno
import sys

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError
from django.http import HttpRequest, HttpResponse

from awareness import finished

OURS = (DataError, IntegrityError, ProgrammingError)  # faults of our own words to the database, which answers
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # a file found no room: a picture that was to be made for a page
WAIT = 120  # seconds


def page(request: HttpRequest) -> HttpResponse:
    """Django's handler500. No database. 503 while the database is away, full or locked, or the disk is full, and 500
    for any other fault.
    """
    error = sys.exc_info()[1]
    away = isinstance(error, DatabaseError | InterfaceError) and not isinstance(error, OURS)
    away = away or (isinstance(error, OSError) and error.errno in FULL)
    answer = HttpResponse(finished.trouble(), status=503 if away else 500)
    answer["Retry-After"] = str(WAIT)
    answer["Cache-Control"] = "no-store"
    return answer
