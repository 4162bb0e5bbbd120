"""manage.py audit_ledger: check what must always be true of the books; exits with 1 and the rows that break it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from donations.books import audit

WIDTH = 30  # of the bar, in characters


class Command(BaseCommand):
    help = "Audit ledger, receipts and payouts of this database. Reads only; does not call Stripe."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for number, check in enumerate(audit.CHECKS):
            self._progress(number, check.__name__)
            for words in check():
                broken += 1
                self._clear()
                self.stdout.write(f"{check.__name__}: {words}")
        self._clear()
        self.stdout.write(f"{len(audit.CHECKS)} checks, {broken} rows that break them.")
        if broken:
            sys.exit(1)

    def _progress(self, number: int, name: str) -> None:
        """A bar on a terminal, nothing in a pipe: which check the database works out now. Each may take seconds."""
        if self.stdout.isatty():
            bar = "#" * (number * WIDTH // len(audit.CHECKS))
            self.stdout.write(f"\r[{bar:<{WIDTH}}] {number + 1} of {len(audit.CHECKS)}: {name:<20}", ending="")
            self.stdout.flush()

    def _clear(self) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{'':<{WIDTH + 40}}\r", ending="")
