"""One benchmark run on one database, in a process whose environment names it: python -m benchmarks starts it."""

import os
import platform
import signal
import sys
from datetime import date
from pathlib import Path

import django

django.setup()

from django.db import connection  # noqa: E402 - the settings come first

from benchmarks import (  # noqa: E402
    applying,
    auditing,
    calling,
    draining,
    ground,
    growing,
    intake,
    lists,
    memory,
    papers,
    peer,
    plot,
    premiere,
    reading,
    starting,
    waiting,
)
from benchmarks.measure import MeasureError, Row, compare, table  # noqa: E402

PARTS = {
    "pages": reading.pages,
    "made": reading.made,
    "help": reading.get_help,
    "webhooks": intake.webhooks,
    "signatures": intake.signatures,
    "waiting": waiting.on_stripe,
    "premiere": premiere.premiere,
    "events": applying.events,
    "growth": growing.growing,  # before a backlog waits
    "bookings": draining.bookings,
    "peer": peer.events,
    "audit": auditing.growing,
    "lists": lists.many,
    "papers": papers.receipts,
    "start": starting.start,
    "calls": calling.room,
    "memory": memory.used,
}


def main(rounds: str, seconds: str, rows: str, paid: str, picture: str, *names: str) -> None:
    found: list[Row] = []
    try:
        with ground.prepared(int(rounds), float(seconds), int(rows), int(paid)) as place:
            if picture:
                said = told(rounds, rows, paid, picture)
            for name in names:
                print(f"   {name} …", file=sys.stderr, flush=True)
                found.extend(compare(pair, place.rounds) for pair in PARTS[name](place))
            if picture:
                plot.write(Path(picture), found, said)
    finally:  # what was measured before a failure is printed
        if found:
            print(f"\n{connection.display_name} {version()}\n\n{table(found)}\n", flush=True)


def told(rounds: str, rows: str, paid: str, picture: str) -> str:
    """How this was measured, for a page of its own."""
    words = f"growth --rounds {rounds} --rows {rows} --paid {paid}"
    words += f" --database {connection.vendor} --plot {Path(picture).name}"
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f} when it began"
    name = f"{connection.display_name} {version()}, Python {platform.python_version()}"
    return f"`script/bench {words}`\non {date.today()}, {name}, {machine}."


def version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        return str(cursor.fetchone()[0]).partition(" ")[0]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers and processes are stopped
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
        main(*sys.argv[1:])
    except (MeasureError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(1)  # the parent process prints why
