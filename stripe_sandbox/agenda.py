"""Scheduler: runs what falls due by itself, in order of time, as time passes or the test clock is advanced."""

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .billing import checkout, debits, pauses, renewals, subscriptions
from .money import disputes, payouts, refunds
from .shapes.account import account
from .store.books import Books, Caller
from .store.database import Store
from .webhooks.delivery import Courier


def _expire(books: Books, session_id: str) -> None:
    session = books.own("checkout.session", session_id)
    if session["status"] == "open":
        checkout.expire(books, session)


def _cancel(books: Books, sub_id: str) -> None:
    sub = books.own("subscription", sub_id)
    if sub["status"] != "canceled":
        subscriptions.cancel(books, sub)


WORK: dict[str, Callable[[Books, str], object]] = {
    "expire": _expire,
    "cancel": _cancel,
    "renew": renewals.renew,
    "finalize": renewals.finalize,
    "retry": renewals.retry,
    "resume": renewals.resume,
    "wake": pauses.wake,
    "lapse": pauses.lapse,
    "debit": debits.land,
    "refund": refunds.turn,
    "judge": disputes.judge,
    "overdue": disputes.overdue,
    "payout": payouts.due,
    "reconcile": payouts.reconcile,
    "arrive": payouts.arrive,
}


def catch_up(books: Books, until: int | None = None) -> int:
    """Run all tasks due up to `until` (UTC seconds; default now), each at its own time. Returns how many ran."""
    until, done = books.now if until is None else until, 0
    while (row := books.next_due(until)) is not None:
        books.unschedule(row["id"], row["what"])
        books.frozen = row["at"]
        WORK[row["what"]](books, row["id"])
        done += 1
    books.frozen = None
    return done


def advance(books: Books, seconds: int) -> int:
    """Advance a tenant's test clock by seconds, and run what falls due on the way."""
    done = catch_up(books, books.now + seconds)
    books.move_clock(seconds)
    return done


@contextmanager
def up_to_date(store: Store, tenant: str, caller: Caller | None = None) -> Iterator[Books]:
    """Transaction on a tenant's objects, with the account in place and nothing overdue."""
    with store.books(tenant) as books:
        if not books.find("account"):
            books.put(account(books.fixed_id("acct", "account"), books.now))
        catch_up(books)
        if caller is not None:
            books.caller = caller
        yield books


def overdue(store: Store) -> list[str]:
    """Return the tenants that have a task due now."""
    sql = "SELECT DISTINCT tenant FROM agenda JOIN tenants ON name = tenant WHERE at <= ? + offset"
    return [row["tenant"] for row in store.query(sql, (int(store.clock()),))]


class Timekeeper(threading.Thread):
    """Scheduler thread: once a second, runs what has fallen due for any tenant."""

    def __init__(self, store: Store, courier: Courier) -> None:
        super().__init__(name="timekeeper", daemon=True)
        self._store, self._courier, self._over = store, courier, threading.Event()

    def stop(self) -> None:
        self._over.set()
        self.join(timeout=5)

    def run(self) -> None:
        while not self._over.wait(1):
            for tenant in overdue(self._store):
                self._catch_up(tenant)
            self._courier.wake()

    def _catch_up(self, tenant: str) -> None:
        try:
            with up_to_date(self._store, tenant):
                pass
        except Exception:
            traceback.print_exc()
