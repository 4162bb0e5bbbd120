"""The pledges app: promises, and their signatures."""

from importlib import import_module

from django.apps import AppConfig


class PledgesConfig(AppConfig):
    name = "pledges"
    verbose_name = "Pledges"

    def ready(self) -> None:
        for module in ("letters", "privacy", "pledging", "counting"):  # job handlers, recurring jobs, privacy functions
            import_module(f"pledges.{module}")
