"""manage.py load_content: load every app's starter content. Idempotent; what a person has changed stays."""

from argparse import ArgumentParser
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from awareness import starter
from awareness.markup import ContentError

OTHERS = ("donations.giving.starter", "pledges.starter")


class Command(BaseCommand):
    help = "Load facts, hotlines, pages, menus and each app's starter rows. Keeps what people changed since."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--profile", help="who the site is for: a name in content/profiles; that of the last time, or sample"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            starter.load(options["profile"], self._say)
        except ContentError as error:
            raise CommandError(str(error)) from error
        for name in OTHERS:
            if find_spec(name):
                self._say(f"{name.partition('.')[0].capitalize()}: starter rows")
                import_module(name).load()

    def _say(self, line: str) -> None:
        if self.verbosity:
            self.stdout.write(line)

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.verbosity: int = options["verbosity"]
        return super().execute(*args, **options)
