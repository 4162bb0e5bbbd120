"""Webhook delivery with retries and back-off: each attempt is signed anew, and counted."""

import http.client
import json
import random
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from ..faults import Faults
from ..http.messages import loopback
from ..store.books import Books
from ..store.database import Store
from . import signing

# Back-off in seconds after each failed attempt. Stripe takes hours and days; this is the same shape, compressed.
SCHEDULE = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0)
TIMEOUT = 10.0
OLD_VERSION = "2024-06-20"
LINGER = 0.25


class Courier(threading.Thread):
    """Delivery worker, a thread with a small pool; deliveries wait in the state file, so a restart loses none."""

    def __init__(self, store: Store, faults: Faults, schedule: tuple[float, ...] = SCHEDULE) -> None:
        super().__init__(name="courier", daemon=True)
        self._store, self._faults, self._schedule = store, faults, schedule
        self._wake, self._over = threading.Event(), False
        self._hands = ThreadPoolExecutor(max_workers=4, thread_name_prefix="delivery")
        store.query("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """Finish the deliveries in progress, then end."""
        self._over = True
        self._wake.set()
        self.join(timeout=TIMEOUT)
        self._hands.shutdown(wait=True, cancel_futures=True)

    def run(self) -> None:
        while not self._over:
            self._wake.wait(LINGER)
            self._wake.clear()
            sql = "SELECT * FROM deliveries WHERE state = 'waiting' AND due <= ? ORDER BY number LIMIT 200"
            for row in self._store.query(sql, (time.time(),)):
                if not self._over and not self._delayed(row) and self._claim(row):
                    self._hands.submit(self._carry, row)

    def _delayed(self, row: sqlite3.Row) -> bool:
        """Whether to delay a delivery: until /deliver, or once for a moment before its first attempt."""
        switches = self._faults.switches(row["tenant"])
        if switches.hold:
            return True
        overtaken = 1.5 if self._faults.happens(switches.reorder) else 0
        wait = switches.delay + overtaken
        if not wait or row["answer"]:
            return False
        sql = "UPDATE deliveries SET due = ?, answer = 'put off' WHERE number = ? AND state = 'waiting'"
        self._store.query(sql, (time.time() + wait, row["number"]))
        return True

    def _carry(self, row: sqlite3.Row) -> None:
        """Deliver in the pool. A bug of ours must not leave a delivery in state `sending` for ever."""
        try:
            self._send(row)
        except Exception:
            traceback.print_exc()
            self._finish(row, "", "the sandbox itself failed")

    def deliver(self, tenant: str, order: str = "oldest") -> list[dict[str, Any]]:
        """Deliver everything that waits, due or not, held or not, one by one. Returns each receiver's response."""
        sql = "SELECT * FROM deliveries WHERE state = 'waiting' AND tenant = ? ORDER BY number"
        rows = self._store.query(sql, (tenant,))
        if order == "newest":
            rows.reverse()
        elif order == "shuffled":
            random.Random(len(rows)).shuffle(rows)  # noqa: S311 (repeatable on purpose)
        share = self._faults.switches(tenant).reorder
        rows.sort(key=lambda row: self._faults.happens(share))  # those that are reordered come last
        return [self._send(row) for row in rows if self._claim(row)]

    def resend(self, tenant: str, event_id: str) -> list[dict[str, Any]]:
        """Resend one event to every endpoint for which it was queued, whatever became of it."""
        sql = "UPDATE deliveries SET state = 'waiting', due = 0 WHERE tenant = ? AND event = ? AND state != 'sending'"
        self._store.query(sql, (tenant, event_id))
        rows = self._store.query("SELECT * FROM deliveries WHERE tenant = ? AND event = ?", (tenant, event_id))
        return [self._send(row) for row in rows if self._claim(row)]

    def _claim(self, row: sqlite3.Row) -> bool:
        sql = "UPDATE deliveries SET state = 'sending' WHERE number = ? AND state = 'waiting' RETURNING number"
        return bool(self._store.query(sql, (row["number"],)))

    def _send(self, row: sqlite3.Row) -> dict[str, Any]:
        switches = self._faults.switches(row["tenant"])
        with self._store.books(row["tenant"]) as books:
            event, endpoint = books.get("event", row["event"]), books.get("webhook_endpoint", row["endpoint"])
            secret = books.note(row["endpoint"]).get("secret", "")
            first = self._faults.happens(switches.stale) and event and earliest(books, event)
        if event is None or endpoint is None:
            return self._finish(row, "gone", "the endpoint was deleted")
        if self._faults.happens(switches.drop):
            return self._finish(row, "lost", "dropped on order", event["type"])
        kind = event["type"]
        if first:
            event = {**event, "data": {**event["data"], "object": first}}
        if self._faults.happens(switches.old_version):
            event = {**event, "api_version": OLD_VERSION}
        answer = post(endpoint["url"], event, signing.seal(secret, switches, self._faults))
        if self._faults.happens(switches.duplicate):
            post(endpoint["url"], event, signing.seal(secret, switches, self._faults))
        return self._finish(row, "done" if answer.isdigit() and 200 <= int(answer) < 300 else "", answer, kind)

    def _finish(self, row: sqlite3.Row, state: str, answer: str, kind: str = "") -> dict[str, Any]:
        """Record an attempt's outcome; without a final state the delivery waits for its next retry, or has failed."""
        tried = row["attempts"] + 1
        due = 0.0
        if not state:
            state = "waiting" if tried <= len(self._schedule) else "failed"
            due = time.time() + self._schedule[min(tried, len(self._schedule)) - 1]
        with self._store.books(row["tenant"]) as books:
            books.db.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, due = ?, answer = ? WHERE number = ?",
                (state, tried, due, answer, row["number"]),
            )
            event = books.get("event", row["event"])
            if state == "done" and event is not None:
                event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
                books.put(event)
        return {
            "event": row["event"],
            "type": kind,
            "endpoint": row["endpoint"],
            "state": state,
            "answer": answer,
        }


def earliest(books: Books, event: dict[str, Any]) -> dict[str, Any] | None:
    """Return the object as in the first event about it."""
    about = books.select("event", "json_extract(body, '$.data.object.id') = ?", (event["data"]["object"]["id"],))
    first: dict[str, Any] | None = about[0]["data"]["object"] if about else None
    return first


def post(url: str, event: dict[str, Any], seal: Callable[[bytes], str]) -> str:
    """One attempt, signed by `seal`. Returns the status code as text, or why there is none. Follows no redirect."""
    parts = urlsplit(url)
    if not loopback(parts.hostname or ""):
        return "not sent: the offline sandbox calls only addresses on this machine"
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": seal(body),
        "Connection": "close",
    }
    maker = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = maker(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else "") or "/", body, headers)
        return str(connection.getresponse().status)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"no answer: {type(error).__name__}"
    finally:
        connection.close()
