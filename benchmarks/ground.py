"""Benchmark environment: a new site with its starter content, its web server, and the baseline server beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from benchmarks import asking
from benchmarks.bare_views import TABLE
from benchmarks.measure import MeasureError
from benchmarks.server import Server, serving
from config.management.commands.serve import collect
from donations.models import Gift
from supporters.models import Supporter
from tests.bench import books

PEOPLE = 1000


@dataclass
class Ground:
    """The environment of a benchmark, and how long (seconds) and how much (rounds, rows, gifts paid in a round)."""

    site: Server
    bare: Server
    folder: Path
    rounds: int
    seconds: float
    rows: int
    paid: int

    def keep(self, name: str, body: bytes) -> None:
        """Let the baseline server answer the same bytes as the site."""
        asking.many(self.bare.port, iter([asking.request(self.bare.port, f"/keep/{name}", body)] * asking.AT_ONCE), 0)

    def gifts(self, count: int) -> None:
        """Create test data: at least so many paid gifts with all that belongs to them, in the site's own tables."""
        have = Gift.objects.filter(attempt="bench").count()
        if have < count:
            givers = list(Supporter.objects.filter(email__startswith="donor").order_by("pk")) or books.people(PEOPLE)
            books.gifts(count - have, givers, first=have)


@contextmanager
def prepared(rounds: int, seconds: float, rows: int, paid: int) -> Iterator[Ground]:
    """Set up a site as after the first start of script/server, in the folder and database that the settings name."""
    folder = Path(settings.DATA_DIR)
    call_command("migrate", verbosity=0, interactive=False)
    collect(lambda words: None)
    call_command("load_content", verbosity=0)
    call_command("finish_pages", urgent=True)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TABLE} (body text NOT NULL)")
    log = folder / "servers.log"
    with (
        serving("config.wsgi:application", log, "/healthz", settings.PORT) as site,
        serving("benchmarks.bare:application", log, "/page/none") as bare,
    ):
        yield Ground(site, bare, folder, rounds, seconds, rows, paid)


def bare_rows() -> int:
    """Number of rows that the baseline has written."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        return int(cursor.fetchone()[0])


def insist(true: bool, sentence: str) -> None:
    if not true:
        raise MeasureError(sentence)
