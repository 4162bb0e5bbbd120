"""manage.py finish_pages: fill the page store; run after migrate, collectstatic and load_content."""

from typing import Any

from django.core.management.base import BaseCommand

from config import page_filling


class Command(BaseCommand):
    help = "Make all pages for readers, which then answer while the database is down, too."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--urgent", action="store_true", help="Get help and the error pages alone")

    def handle(self, *args: Any, **options: Any) -> None:
        page_filling.urgent()
        if not options["urgent"]:
            page_filling.everything()
