"""Idempotency keys: one call at a time with each key, whose response is stored and replayed for 24 hours."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..http.messages import Answer, Request
from ..store.books import Books, Caller
from ..store.errors import StripeError

DAY = 86400


class KeysInUse:
    """Locks on the idempotency keys of calls in progress, by tenant."""

    def __init__(self) -> None:
        self._busy: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, tenant: str, key: str | None) -> Iterator[None]:
        """Lock a key. A concurrent call with it is refused; a call without a key never is. Raises StripeError."""
        if key is None:
            yield
            return
        if not 1 <= len(key) <= 255:
            raise StripeError("Idempotency keys have 1 to 255 characters.", kind="idempotency_error")
        mark = (tenant, key)
        with self._lock:
            if mark in self._busy:
                raise in_use()
            self._busy.add(mark)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(mark)


def in_use() -> StripeError:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        "submitted twice, and the other request is still going through). Please try again later."
    )
    return StripeError(message, status=409, kind="idempotency_error", code="idempotency_key_in_use")


def stamp(request: Request, path: str) -> str:
    return hashlib.sha256(b"\0".join([request.method.encode(), path.encode(), request.body])).hexdigest()


def replay(books: Books, key: str | None, stamp: str) -> Answer | None:
    """Return the response stored under this key, for 24 hours of the tenant's clock."""
    if key is None:
        return None
    values = (books.tenant, key)
    row = books.db.execute("SELECT * FROM keys WHERE tenant = ? AND key = ?", values).fetchone()
    if row is None:
        return None
    if row["at"] + DAY <= books.now:
        books.db.execute("DELETE FROM keys WHERE tenant = ? AND key = ?", values)
        return None
    if row["fingerprint"] != stamp:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise StripeError(message, kind="idempotency_error")
    headers = {
        "Content-Type": "application/json",
        "Idempotent-Replayed": "true",
        "Original-Request": row["request"],
    }
    return Answer(row["status"], row["body"], headers)


def remember(books: Books, caller: Caller, stamp: str, answer: Answer) -> None:
    if caller.key is not None:
        books.db.execute(
            "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            (books.tenant, caller.key, stamp, answer.status, answer.body, caller.request, books.now),
        )
