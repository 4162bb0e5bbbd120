"""The application that knows all others: commands that span them, daily housekeeping, and the roles of staff."""

from importlib import import_module

from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "config"
    verbose_name = "House"

    def ready(self) -> None:
        import_module("config.roles")  # grants the roles after each migrate
        import_module("config.housekeeping")
