"""Append-only rows: written once and never changed, with the triggers by which the database keeps them so."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AppendOnlyConfig(AppConfig):
    name = "foundation.append_only"
    verbose_name = "Records"

    def ready(self) -> None:
        triggers = import_module("foundation.append_only.triggers")  # it names models, so it is read after them
        post_migrate.connect(triggers.install, sender=self)
