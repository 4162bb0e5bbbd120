"""manage.py reconcile: compare our books with Stripe's, and with --apply close every gap."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from donations import gateway, reconcile
from foundation.organisation import home


class Command(BaseCommand):
    help = "Compare our books with Stripe's lists. Changes nothing without --apply, and mails nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", help="look at what was made since this day (2026-11-01, UTC); default: ever")
        parser.add_argument("--apply", action="store_true", help="write what is missing into our books")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = datetime.fromisoformat(options["since"]) if options["since"] else None
        except ValueError as error:
            raise CommandError("--since takes a day such as 2026-11-01.") from error
        if since and since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        try:
            row = reconcile.run(since, options["apply"], self._progress)
        except (gateway.StripeIsDownError, home.NotAtHomeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("")
        self.stdout.write(f"{'Written' if row.applied else 'Would be written'}: {row.found_text() or 'nothing'}.")
        self.stdout.write(f"Money at Stripe that is not in our books: {row.gaps}")
        if row.notes:
            self.stdout.write(row.notes)

    def _progress(self, name: str, count: int) -> None:
        if self.stdout.isatty() and (count % 10 == 0 or count == 1):
            self.stdout.write(f"\r{name}: {count}   ", ending="")
            self.stdout.flush()
