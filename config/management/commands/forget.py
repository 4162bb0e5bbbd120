"""manage.py forget: apply the retention periods now, as the daily job does; --dry-run only counts what is due."""

from typing import Any

from django.core.management.base import BaseCommand

from config import retention_rules
from foundation.organisation import retention_periods


class Command(BaseCommand):
    help = "Delete what is past its retention period (config/retention_days.py). The worker does so every day."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and forget nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        dry = options["dry_run"]
        for rule, count in retention_rules.run(dry):
            self.stdout.write(f"{count:8}  {rule.words} ({retention_periods.said(retention_periods.days(rule.name))})")
        self.stdout.write("Nothing was changed." if dry else "Forgotten.")
