"""The supporters app: people, and what they agreed to."""

from importlib import import_module

from django.apps import AppConfig, apps


class SupportersConfig(AppConfig):
    name = "supporters"
    verbose_name = "Supporters"

    def ready(self) -> None:
        if apps.is_installed("anymail"):
            import_module("supporters.bounces")  # signal receivers for the mail provider's webhook
        for name in (
            "mailbox",
            "moving",
            "newsletter.sending",
            "privacy",
            "subscribing",
        ):  # job handlers, signals, privacy functions
            import_module(f"supporters.{name}")
