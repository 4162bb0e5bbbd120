"""manage.py forget: what the daily job forgets, at once; with --dry-run it only says what that would be."""

from typing import Any

from django.core.management.base import BaseCommand

from config import forgetting
from foundation.organisation import retention


class Command(BaseCommand):
    help = "Forget what is older than config/retention.py says. The worker does so every day."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and forget nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        dry = options["dry_run"]
        for rule, count in forgetting.run(dry):
            self.stdout.write(f"{count:8}  {rule.words} ({retention.said(retention.days(rule.name))})")
        self.stdout.write("Nothing was changed." if dry else "Forgotten.")
