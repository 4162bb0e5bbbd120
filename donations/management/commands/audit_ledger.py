"""manage.py audit_ledger: check what must always be true of the books; exits with 1 and the rows that break it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from donations.books import audit


class Command(BaseCommand):
    help = "Audit ledger, receipts and payouts of this database. Reads only; does not call Stripe."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for check in audit.CHECKS:
            for words in check():
                broken += 1
                self.stdout.write(f"{check.__name__}: {words}")
        self.stdout.write(f"{len(audit.CHECKS)} checks, {broken} rows that break them.")
        if broken:
            sys.exit(1)
