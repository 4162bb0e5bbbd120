"""manage.py send_statements: mail the yearly statement to everybody who gave. Safe to break off and repeat."""

from datetime import MAXYEAR
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from donations.letters import year_end
from foundation.organisation.models import Organisation

WIDTH = 40


class Command(BaseCommand):
    help = "Count the statements of a year; with --send, write them. The worker mails what is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--year", type=int, required=True, help="for example 2026; in the United Kingdom, of 2026/27"
        )
        parser.add_argument("--send", action="store_true", help="without it nothing is written, only counted")

    def handle(self, *args: Any, **options: Any) -> None:
        year = options["year"]
        if not 1 <= year <= MAXYEAR:
            raise CommandError(f"{year} is no year: write one such as 2026.")
        label = Organisation.load().tax_year(year).label
        before = year_end.progress(year)
        self.stdout.write(
            f"{label}: {before.receivers} statements, {before.written} written already, {before.left} to write."
        )
        if not options["send"]:
            self.stdout.write("Nothing was written. Add --send to write them.")
            return
        try:
            year_end.check(year)
        except year_end.TooEarlyError as error:
            raise CommandError(f"{label} has not ended yet: its statements would be short.") from error
        after: int | None = 0
        while after is not None:
            after = year_end.write(year, after)
            self._bar(year_end.progress(year))
        self.stdout.write("")

    def _bar(self, now: year_end.Progress) -> None:
        full = WIDTH * now.written // max(now.receivers, 1)
        self.stdout.write(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {now.written}/{now.receivers}", ending="")
        self.stdout.flush()
