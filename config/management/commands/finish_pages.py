"""manage.py finish_pages: prerender pages served before Django; run after migrate, collectstatic and load_content."""

from typing import Any

from django.core.management.base import BaseCommand

from awareness import finished


class Command(BaseCommand):
    help = "Prerender Get help as static files, which answer even while the database is down."

    def handle(self, *args: Any, **options: Any) -> None:
        finished.finish()
