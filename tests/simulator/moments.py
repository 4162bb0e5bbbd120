"""Every moment at which the site asks something of others: a commit, a call to Stripe, a command to the mail server.

They are counted, and at one of them a trap can be set: what was asked for fails, or the process dies, before it has
happened or after. A dead process does nothing more until `restart`: no clean-up of ours gets through, as with kill -9.

Everything happens inside one transaction of the test, so that a story can be taken back. What would be a transaction
of the site's own is a savepoint there, and so is each statement that would commit by itself.
"""

import smtplib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.transaction import Atomic
from django.utils import timezone

from donations.stripe import client
from foundation.jobs import queue
from foundation.jobs.models import Job
from foundation.letters.smtp import MaybeTakenError
from foundation.prepared import queries
from tests.donations.donor import Till

KINDS = ("commit", "stripe", "mail")
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH kept AS (INSERT", "WITH step0 (value) AS (INSERT")
STILL = ("SAVEPOINT", "RELEASE", "ROLLBACK")  # what undoes the work of a process that died


def _due(now: datetime, clock: datetime) -> QuerySet[Job]:
    """What a worker may claim, whatever keeps it from it."""
    left = Q(state=Job.State.RUNNING, lease_until__lte=clock)
    return Job.objects.filter(Q(state=Job.State.READY, run_at__lte=now) | left)[:1]


def _read(cursor: Any) -> None:
    """Take in all that a statement returns: SQLite leaves no savepoint while one has more to say."""
    rows = iter(cursor.fetchall())
    cursor.fetchone, cursor.fetchall = lambda: next(rows, None), lambda: list(rows)


class KilledError(BaseException):
    """The process died here: nothing of the site catches it."""


@dataclass(frozen=True)
class Trap:
    """`nth` counts from 1 among the moments of its kind; `after`: the work was done, and nobody heard of it."""

    kind: str
    nth: int
    after: bool
    kills: bool

    def __str__(self) -> str:
        how = "killed" if self.kills else "fails"
        return f"{self.kind} {self.nth} {how} {'after' if self.after else 'before'} it"

    @property
    def sort(self) -> str:
        """What is counted as one in a report."""
        return f"{self.kind} {'killed' if self.kills else 'failed'} {'after' if self.after else 'before'} it"


class Moments:
    """Use as a context manager, inside a transaction. `seen` counts the moments by kind, `met` has them in order,
    each with its number among its kind and its act.
    """

    def __init__(self, till: Till, tick: Callable[[], None] = lambda: None, alike: bool = False) -> None:
        """`tick` is called at each call to Stripe, for a clock that stands still otherwise. `alike`: a commit is one of
        something written, so that every database has the same ones: on PostgreSQL a job is claimed in a transaction
        even if there is none.
        """
        self.till, self.tick, self.alike = till, tick, alike
        self._wrote = False
        self.seen: Counter[str] = Counter()
        self.met: list[tuple[str, int, int]] = []
        self.act = 0  # of whoever tells the story: where one ends, another process may go on
        self.trap: Trap | None = None
        self.sprung: list[Trap] = []
        self.split: Callable[[str, int], Trap | None] = lambda kind, nth: None  # asked at each moment for its trap
        self.dead = False
        self._silent = 0
        self._patch = pytest.MonkeyPatch()

    def set(self, trap: Trap | None) -> None:
        """From now on; moments are counted anew."""
        self.seen.clear()
        self.met.clear()
        self.trap = trap

    def restart(self) -> None:
        """The processes of the site start again, with nothing in their memory."""
        self.dead = False
        client._client_for.cache_clear()
        client._account_for.cache_clear()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """What happens in here is the test's own doing."""
        self._silent += 1
        try:
            yield
        finally:
            self._silent -= 1

    def __enter__(self) -> "Moments":
        self._ground = len(connection.atomic_blocks)
        self._watch_commits()
        self._watch_stripe()
        self._watch_mail()
        self._spare_claims()
        self._refusing = connection.execute_wrapper(self._refuse_the_dead)
        self._refusing.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._refusing.__exit__(None, None, None)
        self._patch.undo()
        self.dead = False

    def _meet(self, kind: str) -> Trap | None:
        """The trap that is set at this moment. Whoever meets it does the work or not, and raises what `_end` says."""
        if self._silent:
            return None
        if self.dead:
            raise KilledError
        self.seen[kind] += 1
        self.met.append((kind, self.seen[kind], self.act))
        trap = self.split(kind, self.seen[kind]) or self.trap
        if trap is None or (kind, self.seen[kind]) != (trap.kind, trap.nth):
            return None
        self.trap = None
        self.sprung.append(trap)
        return trap

    def _end(self, trap: Trap, fails: Exception) -> BaseException:
        self.dead = trap.kills
        return KilledError(str(trap)) if trap.kills else fails

    # the database

    def _inside(self, blocks: int) -> bool:
        return len(connection.atomic_blocks) == self._ground + blocks

    def _watch_commits(self) -> None:
        enter, leave, mark = Atomic.__enter__, Atomic.__exit__, transaction.mark_for_rollback_on_error

        def entered(atomic: Atomic) -> None:
            if self._inside(0):
                atomic.savepoint = True
            enter(atomic)

        def left(atomic: Atomic, kind: Any, error: Any, trace: Any) -> None:
            trap, lost, ends = None, None, self._inside(1)
            counts = self._wrote or not self.alike
            self._wrote = self._wrote and not ends
            if kind is None and ends:
                try:
                    if (trap := self._meet("commit") if counts else None) and not trap.after:
                        lost = self._end(trap, OperationalError("the connection is lost"))
                except KilledError as dead:
                    lost = dead
            if lost:
                leave(atomic, type(lost), lost, None)
                raise lost
            leave(atomic, kind, error, trace)
            if trap:
                raise self._end(trap, OperationalError("the connection is lost"))

        def marked(using: str | None = None) -> Any:
            return transaction.atomic(using) if self._inside(0) else mark(using)

        self._patch.setattr(Atomic, "__enter__", entered)
        self._patch.setattr(Atomic, "__exit__", left)
        self._patch.setattr(transaction, "mark_for_rollback_on_error", marked)

    def _refuse_the_dead(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.dead and not self._silent and not sql.startswith(STILL):
            raise KilledError
        if sql.startswith(WRITES):
            if self._inside(0):
                with transaction.atomic():
                    answer = self._refuse_the_dead(execute, sql, params, many, context)
                    if " RETURNING " in sql:
                        _read(context["cursor"])
                    return answer
            self._wrote = True
        return execute(sql, params, many, context)

    def _spare_claims(self) -> None:
        """Where nothing is due, whoever asks for a job hears so by one small question: the queue's own, which come to
        the same, were two fifths of a short story's time.
        """
        claim = queue.claim

        def claimed(lane: str = "") -> Job | None:
            with self.silence():
                due = self.dead or queries.first(_due, now=timezone.now(), clock=queue._clock())
            return claim(lane) if due else None

        self._patch.setattr(queue, "claim", claimed)

    # Stripe

    def _watch_stripe(self) -> None:
        """One call with all its tries: the offline Stripe itself fails them, and the library is the true one."""
        ask = client.InTime.request_with_retries

        def asked(library: Any, *args: Any, **more: Any) -> Any:
            self.tick()
            trap = self._meet("stripe")
            if trap is None:
                return ask(library, *args, **more)
            if trap.kills:
                if trap.after:
                    ask(library, *args, **more)
                raise self._end(trap, OSError())
            self.till.fault("reset_after" if trap.after else "unavailable", count=9)
            try:
                return ask(library, *args, **more)
            finally:
                self.till.calm()

        self._patch.setattr(client.InTime, "request_with_retries", asked)

    # the mail server

    def _watch_mail(self) -> None:
        """In memory a letter is one moment; over SMTP each command and its answer is one, and so is the connection."""
        hand_over, connect = EmailBackend.send_messages, smtplib.SMTP.connect
        send, hear = smtplib.SMTP.send, smtplib.SMTP.getreply

        def handed_over(backend: Any, messages: Any) -> Any:
            trap = self._meet("mail")
            if trap is None or trap.after:
                hand_over(backend, messages)
            if trap:
                raise self._end(trap, MaybeTakenError("gone") if trap.after else ConnectionResetError("gone"))
            return len(messages)

        def connected(server: Any, *args: Any, **more: Any) -> Any:
            trap = self._meet("mail")
            answer = None if trap and not trap.after else connect(server, *args, **more)
            if trap:
                raise self._cut(server, trap, ConnectionRefusedError("the mail server is away"))
            return answer

        def sent(server: Any, words: Any) -> None:
            trap = self._meet("mail")
            if trap and not trap.after:
                raise self._cut(server, trap, smtplib.SMTPServerDisconnected("gone"))
            server.unheard = trap
            send(server, words)

        def heard(server: Any) -> Any:
            answer = hear(server)
            if trap := server.__dict__.pop("unheard", None):
                raise self._cut(server, trap, smtplib.SMTPServerDisconnected("gone"))
            return answer

        self._patch.setattr(EmailBackend, "send_messages", handed_over)
        self._patch.setattr(smtplib.SMTP, "connect", connected)
        self._patch.setattr(smtplib.SMTP, "send", sent)
        self._patch.setattr(smtplib.SMTP, "getreply", heard)

    def _cut(self, server: Any, trap: Trap, fails: Exception) -> BaseException:
        """As smtplib says it: whatever breaks a connection that stood is this one error."""
        server.close()
        return self._end(trap, fails)
