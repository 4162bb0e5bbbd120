"""Turns: who writes rows that exclude each other comes one at a time, and none of them ends in a deadlock."""

import hashlib

from django.db import connection


def take(name: str) -> None:
    """Wait until nobody else has the turn of that name, and keep it until the transaction ends. Call it first in one.

    PostgreSQL keeps it as an advisory lock, which needs no row. SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
