"""Benchmark of Stripe's events kept and booked, against dj-stripe: the same events, the same offline Stripe, in turns.

For whoever has dj-stripe in a Python of its own (`--peer`): nothing of ours needs it. Each side is one process that is
called through WSGI. dj-stripe keeps and books an event while Stripe waits; ours keeps it, and a worker's turn books it,
with the receipt and its letter.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.db import connection

from benchmarks.applying import Batch, batches
from benchmarks.ground import Ground, insist
from benchmarks.measure import MeasureError, Pair, Sample, here
from benchmarks.posting import post
from config.wsgi import application
from donations.models import Gift, StripeEvent
from foundation.jobs import lanes, queue
from tests.stripe_sandbox.driver import Sandbox

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = "peer"  # of its tables, in our own database on PostgreSQL


def events(ground: Ground) -> Iterator[Pair]:
    stripe = Sandbox.start(Path(ground.folder), port=settings.SANDBOX_PORT)
    try:
        made = batches(stripe, ground.rounds + 1, ground.paid)
        while queue.run_due():  # what giving left behind
            pass
        ours, theirs = iter(made), iter(made)
        with _peer(os.environ["PEER_PYTHON"], Path(ground.folder)) as ask:
            yield Pair(
                "Stripe's event kept and booked",
                "dj-stripe",
                "events",
                lambda: _ours(next(ours), stripe, ground.paid),
                lambda: _theirs(next(theirs), stripe, ask),
            )
    finally:
        stripe.stop()


def _ours(batch: Batch, stripe: Sandbox, wanted: int) -> Sample:
    signed = _signed(batch, stripe)
    paid = Gift.objects.paid().count()

    def work() -> None:
        for body, signature in signed:
            post(application, "/stripe/webhook/", body, signature)
        queue.run_due(len(batch), lanes.MAIN)

    sample = here(len(batch), work)
    insist(Gift.objects.paid().count() - paid == wanted, "Not every gift was booked as paid.")
    insist(not StripeEvent.objects.filter(state=StripeEvent.State.WAITING).exists(), "An event was not applied.")
    while queue.run_due():  # letters, which dj-stripe does not write
        pass
    return sample


def _theirs(batch: Batch, stripe: Sandbox, ask: "Ask") -> Sample:
    seconds, cpu = ask([(body.decode(), signature) for body, signature in _signed(batch, stripe)])
    return Sample(len(batch), seconds, cpu)


def _signed(batch: Batch, stripe: Sandbox) -> list[tuple[bytes, str]]:
    return [stripe.signed(event, settings.STRIPE_WEBHOOK_SECRETS[0]) for event in batch]


class Ask:
    """Gives the peer a round of events, and returns its seconds: by the clock, and of processor time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        insist(self._line().strip() == "ready", "The peer did not start: what it said stands above.")

    def __call__(self, events: list[tuple[str, str]]) -> tuple[float, float]:
        given = cast(IO[str], self.process.stdin)
        given.write(json.dumps(events) + "\n")
        given.flush()
        answer = self._line()
        if not answer:
            raise MeasureError("The peer ended: what it said stands above.")
        seconds, cpu = json.loads(answer)
        return seconds, cpu

    def _line(self) -> str:
        return cast(IO[str], self.process.stdout).readline()


@contextmanager
def _peer(python: str, folder: Path) -> Iterator[Ask]:
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env["PEER"] = json.dumps(
        {
            "database": _database(folder),
            "stripe": settings.STRIPE_API_BASE,
            "version": settings.STRIPE_API_VERSION,
            "key": settings.STRIPE_SECRET_KEY,
            "secret": settings.STRIPE_WEBHOOK_SECRETS[0],
        }
    )
    process = subprocess.Popen(
        [python, "-m", "benchmarks.peer_side"],
        cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Ask(process)
    finally:
        process.kill()
        process.wait()


def _database(folder: Path) -> dict[str, Any]:
    """A place of its own beside ours, as durable, and with a connection that stays as well."""
    ours = connection.settings_dict
    if connection.vendor == "sqlite":
        options = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", "transaction_mode": "IMMEDIATE"}
        return {"ENGINE": ours["ENGINE"], "NAME": str(folder / "peer.sqlite3"), "OPTIONS": options}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    place = {name: ours[name] for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")}
    return {**place, "CONN_MAX_AGE": None, "OPTIONS": {"options": f"-c search_path={SCHEMA}"}}
