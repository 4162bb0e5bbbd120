"""Who a person is to us, and what they agreed to."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class SupportersConfig(AppConfig):
    name = "supporters"
    verbose_name = "Supporters"

    def ready(self) -> None:
        if apps.is_installed("anymail"):
            import_module("supporters.bounces")  # hears what the mail provider tells
        guard = import_module("supporters.growing_guard")  # it names models, so it is read after them
        post_migrate.connect(guard.install, sender=self)
        for name in ("moving", "person", "subscribing", "undeliverable"):  # they register themselves
            import_module(f"supporters.{name}")
