"""The promise, and who made it."""

from importlib import import_module

from django.apps import AppConfig


class PledgesConfig(AppConfig):
    name = "pledges"
    verbose_name = "Pledges"

    def ready(self) -> None:
        for module in ("letters", "person", "pledging", "counting"):  # they register themselves
            import_module(f"pledges.{module}")
