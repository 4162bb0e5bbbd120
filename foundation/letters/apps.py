"""Letters, the outbox of e-mails: each is a row, sent once, seen by staff."""

from importlib import import_module

from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "foundation.letters"
    verbose_name = "Letters"

    def ready(self) -> None:
        import_module("foundation.letters.outbox")  # its handlers and periodic work register themselves
