"""What is answered when the site itself fails: a page with the numbers that a reader in danger needs."""

import sys

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError
from django.http import HttpRequest, HttpResponse

from awareness import finished

OURS = (DataError, IntegrityError, ProgrammingError)  # faults of our own words to the database, which answers
WAIT = 120  # seconds


def page(request: HttpRequest) -> HttpResponse:
    """Django's handler500. 503 while the database is away, full or locked, 500 for any other fault. No database."""
    error = sys.exc_info()[1]
    away = isinstance(error, DatabaseError | InterfaceError) and not isinstance(error, OURS)
    answer = HttpResponse(finished.trouble(), status=503 if away else 500)
    answer["Retry-After"] = str(WAIT)
    answer["Cache-Control"] = "no-store"
    return answer
