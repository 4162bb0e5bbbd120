"""manage.py reconcile: compare our books with Stripe's lists (reconciliation), and with --apply close every gap."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from donations.models import Gift
from donations.reconcile import runs
from donations.stripe import client
from donations.stripe.errors import StripeIsDownError
from foundation.organisation import clone_guard

WIDTH = 30  # of the bar, in characters


class Command(BaseCommand):
    help = (
        "Reconcile our books with Stripe's lists: what is new since the last complete run, or all of it with --full. "
        "Changes nothing without --apply, and mails no donor."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", help="look at what was made since this day (2026-11-01, UTC)")
        parser.add_argument("--full", action="store_true", help="look at all that Stripe has, not only at what is new")
        parser.add_argument("--apply", action="store_true", help="write what is missing into our books")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = datetime.fromisoformat(options["since"]) if options["since"] else None
        except ValueError as error:
            raise CommandError("--since takes a day such as 2026-11-01.") from error
        if since and options["full"]:
            raise CommandError("Either --since or --full.")
        if since and since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        try:
            since = since if since or options["full"] else runs.begin(client.account())
        except (StripeIsDownError, clone_guard.WrongSiteError) as error:
            raise CommandError(str(error)) from error
        first = Gift.objects.order_by("created_at").values_list("created_at", flat=True).first()
        self.begin = (since or first or timezone.now()) - timedelta(days=1)
        try:
            row = runs.run(since, options["apply"], self._progress)
        except (StripeIsDownError, clone_guard.WrongSiteError) as error:
            raise CommandError(str(error)) from error
        if self.stdout.isatty():
            self.stdout.write("")
        self.stdout.write(f"{'Written' if row.applied else 'Would be written'}: {row.found_text() or 'nothing'}.")
        self.stdout.write(f"Money at Stripe that is not in our books: {row.gaps}")
        if row.notes:
            self.stdout.write(row.notes)

    def _progress(self, name: str, count: int, back_to: datetime | None) -> None:
        """A bar on a terminal, nothing in a pipe. Stripe's lists do not say how long they are; they go back in time."""
        if not self.stdout.isatty() or (count % 10 and count > 1):
            return
        now = timezone.now()
        share = min((now - back_to) / (now - self.begin), 1.0) if back_to else 0.0
        bar = "#" * round(share * WIDTH)
        day = f"back to {back_to:%Y-%m-%d}" if back_to else ""
        self.stdout.write(f"\r{name:<21}[{bar:<{WIDTH}}] {count:>7} {day}   ", ending="")
        self.stdout.flush()
