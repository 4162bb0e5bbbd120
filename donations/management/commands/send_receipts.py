"""manage.py send_receipts: mail the receipts that nobody was mailed. Only counts without --send."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from donations.reconcile import unsent


class Command(BaseCommand):
    help = "Count paid gifts whose donor was mailed no receipt; with --send, write the letters. Nobody gets one twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--send", action="store_true", help="without it nothing is written, only counted")

    def handle(self, *args: Any, **options: Any) -> None:
        for gift in unsent.gifts():
            self.stdout.write(f"{gift.reference} {gift.total_text()}")
        self.stdout.write(f"{unsent.gifts().count()} receipts to write.")
        if not options["send"]:
            self.stdout.write("Nothing was written. Add --send to write them.")
            return
        after: int | None = 0
        while after is not None:
            after = unsent.write(after)
        unsent.count()
        self.stdout.write(f"Written; {unsent.gifts().count()} are left. The worker mails them.")
