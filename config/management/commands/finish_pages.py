"""Writes the pages that are served before Django: run it after migrate, collectstatic and load_content."""

from typing import Any

from django.core.management.base import BaseCommand

from awareness import finished


class Command(BaseCommand):
    help = "Writes Get help as finished files, which answer even while the database is down."

    def handle(self, *args: Any, **options: Any) -> None:
        finished.finish()
