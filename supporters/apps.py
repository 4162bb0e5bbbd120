"""Who a person is to us, and what they agreed to."""

from importlib import import_module

from django.apps import AppConfig, apps


class SupportersConfig(AppConfig):
    name = "supporters"
    verbose_name = "Supporters"

    def ready(self) -> None:
        if apps.is_installed("anymail"):
            import_module("supporters.bounces")  # hears what the mail provider tells
        for name in ("mailbox", "moving", "person", "subscribing"):  # they register themselves
            import_module(f"supporters.{name}")
