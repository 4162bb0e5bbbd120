"""python -m benchmarks: chooses parts and databases, and runs each benchmark in an environment of its own."""

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from tests.databases import copy_template
from tests.running import ROOT, free_port

PARTS = {
    "pages": "pages that are read, kept in front of Django, against a bare Django view of the same bytes",
    "help": "Get help, kept as well, against a bare WSGI application",
    "made": "pages that no store answers: forms, and reading pages made anew, against the same bare view",
    "webhooks": "Stripe's events kept, against a bare view that checks the signature and inserts once",
    "signatures": "signatures of the pledge, against a bare form view that writes as many rows",
    "waiting": "reading while donors wait for a slow or hanging Stripe, against the same while nobody does",
    "premiere": "people of a documentary's first hour, a slice of it, against how many come",
    "events": "Stripe's events applied to the books, against as many bare transactions",
    "growth": "how cost grows with the books: lists, search, bookings, signatures, letters, against a bare INSERT",
    "bookings": "the same behind a growing backlog of events, against a question to Stripe and an INSERT for each",
    "peer": "Stripe's events kept and booked, against dj-stripe in the Python that --peer names",
    "audit": "audit_ledger at growing sizes, against a bare sum over the ledger",
    "lists": "staff's list and its CSV at many rows, against a bare cursor",
    "papers": "receipts as PDF, against an empty page by typst",
    "start": "the start of a program, against bare Django's",
    "calls": "the giving page with room for its calls, against the same without",
    "memory": "megabytes (PSS) of web and worker, against bare Django's",
}
WITHOUT_DATABASE = {"help", "papers", "start", "calls", "memory"}  # once is enough
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
STOPS = (signal.SIGINT, signal.SIGTERM)
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")  # environment passed on: no site's settings


def asked(words: list[str]) -> argparse.Namespace:
    parts = "\n".join(f"  {name:<12}{what}" for name, what in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Prints how fast the site is, as ratios against limits that are measured in the same run.",
        epilog=f"parts:\n{parts}\n\nA ratio of 1 is as fast as the limit. What it means: docs/performance.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each pair is measured in turns (5)")
    parser.add_argument("--seconds", type=float, default=1, help="how long a server is asked each time (1)")
    parser.add_argument("--rows", type=int, default=20_000, help="gifts in the list (20000)")
    parser.add_argument("--paid", type=int, default=10, help="gifts that are paid in a round of events (10)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one alone (default: all that answer)")
    parser.add_argument("--peer", default="", metavar="PYTHON", help="one that has dj-stripe, for the part peer")
    parser.add_argument("--plot", default="", metavar="FILE", help="draw the growth of one database: FILE.svg, FILE.md")
    found = parser.parse_args(words)
    if unknown := [name for name in found.parts if name not in PARTS]:
        parser.error(f"no part is called {', '.join(unknown)}: {', '.join(PARTS)}")
    if not 1 <= found.rounds <= 100 or not 0.05 <= found.seconds <= 60 or not 200 <= found.rows <= 2_000_000:
        parser.error("rounds go from 1 to 100, seconds from 0.05 to 60, rows from 200 to 2000000")
    if not 1 <= found.paid <= 1000:
        parser.error("paid goes from 1 to 1000")
    if "peer" in found.parts and not found.peer:
        parser.error("the part peer needs a Python that has dj-stripe: --peer PYTHON")
    if found.plot and not (found.database and "growth" in (found.parts or PARTS)):
        parser.error("--plot draws the part growth, on the one database that --database names")
    return found


def main() -> int:
    wish = asked(sys.argv[1:])
    tempfile.gettempdir()  # its test file: a stop just then would leave that behind
    names = [name for name in PARTS if name in (wish.parts or PARTS) and (name != "peer" or wish.peer)]
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {load()} before the run")
    sys.stdout.flush()  # before what the runs print
    failed = False
    if wish.database != "postgresql":
        failed |= measure(wish, names, "")
    names = [name for name in names if wish.database == "postgresql" or name not in WITHOUT_DATABASE]
    if wish.database != "sqlite" and names:
        if reason := no_postgres():
            print(f"PostgreSQL was left out: {reason}")
            failed |= wish.database == "postgresql"
        else:
            with own_database() as url:
                failed |= measure(wish, names, url)
    print(f"{load()} after the run")
    return int(failed)


def measure(wish: argparse.Namespace, names: list[str], database: str) -> bool:
    """Run one benchmark process on one database. Whether it failed. The process has a folder of its own, which goes
    with everything in it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # no folder and no process is left behind by a stop
    with tempfile.TemporaryDirectory(prefix="road-out-bench-") as folder:
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        env |= {"DATA_DIR": folder, "PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        env |= {"LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "config.settings"}
        env["PEER_PYTHON"] = wish.peer
        env["TRUSTED_PROXIES"] = "1"  # each signer comes from an address of their own
        if database:
            env["DATABASE_URL"] = database
        copy_template(Path(folder))  # a run of the tests made one
        (Path(folder) / "static").mkdir(exist_ok=True)
        numbers = [
            str(wish.rounds),
            str(wish.seconds),
            str(wish.rows),
            str(wish.paid),
            str(Path(wish.plot).resolve()) if wish.plot else "",
        ]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.one", *numbers, *names],
            cwd=ROOT, env=env, start_new_session=True,  # a Ctrl-C reaches it once, through us
        )  # fmt: skip
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return process.wait() != 0
        finally:
            process.terminate()  # if it still runs: it ends the servers that it started
            process.wait(timeout=120)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


def no_postgres() -> str:
    """Why there is no PostgreSQL to measure on, or nothing."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.Error as error:
        return f"{str(error).strip().splitlines()[0]}. Another place: TEST_POSTGRES_URL."
    return ""


@contextmanager
def own_database() -> Iterator[str]:
    name = f"road_out_bench_{uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(POSTGRES)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    for each in STOPS:  # also where the parent process ignores Ctrl-C
        signal.signal(each, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
