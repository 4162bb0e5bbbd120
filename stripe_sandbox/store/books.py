"""One tenant's objects inside one transaction: objects, private notes, scheduled tasks, ids and the test clock."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from .errors import StripeError, no_such

Thing = dict[str, Any]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Length of the random part of an id, and what it begins with, by prefix.
ID_SHAPE = {
    "cs_test": ("a1", 56), "acct": ("1", 15), "pi": ("3", 23), "ch": ("3", 23), "txn": ("3", 23),
    "re": ("3", 23), "price": ("1", 23), "sub": ("1", 23), "in": ("1", 23), "il": ("1", 23), "evt": ("1", 23),
    "pm": ("1", 23), "we": ("1", 23), "pmc": ("1", 23), "li": ("1", 23), "inpay": ("1", 23), "whsec": ("", 32),
    "py": ("3", 23), "pyr": ("1", 23), "du": ("1", 23), "po": ("1", 23), "issfr": ("1", 23), "ba": ("1", 23),
    "bpc": ("1", 23), "bps": ("1", 23), "seti": ("1", 23), "mandate": ("1", 23),
}  # fmt: skip

COPIED = {
    "objects": "id, kind, body", "notes": "id, body", "agenda": "id, what, at",
    "keys": "key, fingerprint, status, body, request, at",
}  # fmt: skip


@dataclass
class Caller:
    """The request in progress; events carry its id and idempotency key."""

    request: str | None = None
    key: str | None = None


def windowed(name: str, params: Thing) -> tuple[list[str], list[int]]:
    """Return SQL and values of a filter by time: one moment, or bounds gt, gte, lt, lte (UTC seconds)."""
    asked = params.get(name)
    bounds = asked if isinstance(asked, dict) else {"eq": asked} if asked is not None else {}
    signs = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}
    return [f"json_extract(body, '$.{name}') {signs[word]} ?" for word in bounds], list(bounds.values())


def merged(old: Thing, new: Thing | str | None) -> Thing:
    """Merge metadata at an update: keys are added, an empty text removes its key, an empty text alone removes all."""
    if new is None:
        return old
    if not isinstance(new, dict):
        return {}
    return {name: text for name, text in {**old, **new}.items() if text != ""}


@dataclass
class Books:
    """The only way to read or change a tenant's objects. Times are UTC seconds of the tenant's own test clock."""

    db: sqlite3.Connection
    tenant: str
    seed: str
    real_time: float
    caller: Caller = field(default_factory=Caller)
    frozen: int | None = None
    truths: dict[str, str] = field(default_factory=dict)  # how all books of this process begin (truths.py)

    def __post_init__(self) -> None:
        self.db.execute("INSERT OR IGNORE INTO tenants (name) VALUES (?)", (self.tenant,))

    def copy(self, tenant: str) -> bool:
        """Copy all objects and the clock of another tenant into this one. False, and nothing is done, unless this one
        is empty. What was delivered there is not delivered from here; switches (truths.py) that are set here stay.
        """
        if self.db.execute("SELECT 1 FROM objects WHERE tenant = ?", (self.tenant,)).fetchone():
            return False
        for table, columns in COPIED.items():
            self.db.execute(
                f"INSERT OR IGNORE INTO {table} (tenant, {columns}) "  # noqa: S608
                f"SELECT ?, {columns} FROM {table} WHERE tenant = ? ORDER BY rowid",
                (self.tenant, tenant),
            )
        self.db.execute(
            "UPDATE tenants SET offset = other.offset, counter = other.counter "
            "FROM tenants AS other WHERE tenants.name = ? AND other.name = ?",
            (self.tenant, tenant),
        )
        return True

    # the clock

    @property
    def offset(self) -> int:
        row = self.db.execute("SELECT offset FROM tenants WHERE name = ?", (self.tenant,)).fetchone()
        return int(row["offset"])

    @property
    def now(self) -> int:
        return int(self.real_time) + self.offset if self.frozen is None else self.frozen

    def move_clock(self, seconds: int) -> None:
        self.db.execute("UPDATE tenants SET offset = offset + ? WHERE name = ?", (seconds, self.tenant))

    def schedule(self, thing_id: str, what: str, at: int) -> None:
        """Schedule a task at a time (UTC seconds); a second call for the same task moves it."""
        self.db.execute(
            "INSERT INTO agenda VALUES (?, ?, ?, ?) ON CONFLICT (tenant, id, what) DO UPDATE SET at = excluded.at",
            (self.tenant, thing_id, what, at),
        )

    def unschedule(self, thing_id: str, what: str | None = None) -> None:
        self.db.execute(
            "DELETE FROM agenda WHERE tenant = ? AND id = ? AND (what = ? OR ? IS NULL)",
            (self.tenant, thing_id, what, what),
        )

    def next_due(self, until: int) -> sqlite3.Row | None:
        return self.db.execute(
            "SELECT id, what, at FROM agenda WHERE tenant = ? AND at <= ? ORDER BY at, rowid LIMIT 1",
            (self.tenant, until),
        ).fetchone()

    # ids

    def new_id(self, prefix: str) -> str:
        """Generate an id, deterministic by seed, tenant and a counter, so that a seeded run repeats itself."""
        self.db.execute("UPDATE tenants SET counter = counter + 1 WHERE name = ?", (self.tenant,))
        row = self.db.execute("SELECT counter FROM tenants WHERE name = ?", (self.tenant,)).fetchone()
        return self.fixed_id(prefix, str(row["counter"]))

    def fixed_id(self, prefix: str, name: str) -> str:
        lead, length = ID_SHAPE.get(prefix, ("", 14))
        stuff = hashlib.shake_256(f"{self.seed}/{self.tenant}/{prefix}/{name}".encode()).digest(length)
        return f"{prefix}_{lead}{''.join(ALPHABET[byte % 62] for byte in stuff)}"

    # objects

    def get(self, kind: str, thing_id: str) -> Thing | None:
        row = self.db.execute(
            "SELECT body FROM objects WHERE tenant = ? AND id = ? AND kind = ?", (self.tenant, thing_id, kind)
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def need(self, kind: str, thing_id: str, param: str = "id", status: int | None = None) -> Thing:
        """Return the object, or raise Stripe's resource_missing: 404 for the object of the URL, else 400."""
        thing = self.get(kind, thing_id)
        if thing is None or thing.get("deleted"):
            raise no_such(kind, thing_id, param, status or (404 if param == "id" else 400))
        return thing

    def own(self, kind: str, thing_id: str | None) -> Thing:
        """Return an object that our own objects point to; it must exist."""
        thing = self.get(kind, thing_id or "")
        if thing is None:
            raise LookupError(f"{kind} {thing_id} is gone")
        return thing

    def put(self, thing: Thing) -> Thing:
        self.db.execute(
            "INSERT INTO objects (tenant, id, kind, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body",
            (self.tenant, thing["id"], thing["object"], json.dumps(thing)),
        )
        return thing

    def remove(self, thing_id: str) -> None:
        self.db.execute("DELETE FROM objects WHERE tenant = ? AND id = ?", (self.tenant, thing_id))

    def find(self, kind: str, skip: int = 0, **equal: Any) -> list[Thing]:
        """Return all objects whose top-level fields have these values, oldest first, but the first so many."""
        where = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in equal)
        return self.select(kind, f"1{where}", tuple(equal.values()), skip)

    def select(self, kind: str, where: str, values: tuple[Any, ...] = (), skip: int = 0) -> list[Thing]:
        """Return all objects for which `where`, SQL of ours, is true, oldest first, but the first so many."""
        rows = self.db.execute(
            f"SELECT body FROM objects WHERE tenant = ? AND kind = ? AND {where} "  # noqa: S608
            "ORDER BY seq LIMIT -1 OFFSET ?",
            (self.tenant, kind, *values, skip),
        )
        return [json.loads(row["body"]) for row in rows]

    def listing(self, kind: str, url: str, params: Thing, where: str = "1", values: tuple[Any, ...] = ()) -> Thing:
        """Stripe's list object: newest first, cursor pagination. `where` is SQL of ours, never of the caller."""
        limit = params.get("limit", 10)
        if not 1 <= limit <= 100:
            word = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
            message = f"Invalid integer: this value must be {word} (it currently is '{limit}')."
            raise StripeError(message, code="parameter_invalid_integer", param="limit")
        where, values = self._window(kind, params, where, values)
        newest_first = "ending_before" not in params
        rows = self.db.execute(
            f"SELECT body FROM objects WHERE tenant = ? AND kind = ? AND {where} "  # noqa: S608
            f"ORDER BY seq {'DESC' if newest_first else 'ASC'} LIMIT ?",
            (self.tenant, kind, *values, limit + 1),
        ).fetchall()
        found = [json.loads(row["body"]) for row in rows[:limit]]
        data = found if newest_first else found[::-1]
        return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": data}

    def _window(self, kind: str, params: Thing, where: str, values: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
        parts, given = [f"({where})"], list(values)
        for name, sign in (("starting_after", "<"), ("ending_before", ">")):
            if name in params:
                row = self.db.execute(
                    "SELECT seq FROM objects WHERE tenant = ? AND id = ? AND kind = ?",
                    (self.tenant, params[name], kind),
                ).fetchone()
                if row is None:
                    raise no_such(kind, params[name], name)
                parts.append(f"seq {sign} ?")
                given.append(row["seq"])
        sql, bounds = windowed("created", params)
        return " AND ".join([*parts, *sql]), (*given, *bounds)

    # what Stripe knows and does not show

    def note(self, thing_id: str) -> Thing:
        row = self.db.execute("SELECT body FROM notes WHERE tenant = ? AND id = ?", (self.tenant, thing_id)).fetchone()
        return json.loads(row["body"]) if row else {}

    def keep_note(self, thing_id: str, note: Thing) -> None:
        self.db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (self.tenant, thing_id, json.dumps(note)))
