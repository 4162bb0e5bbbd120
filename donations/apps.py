"""Money: gifts, plans, ledger, receipts."""

from importlib import import_module

from django.apps import AppConfig


class DonationsConfig(AppConfig):
    name = "donations"
    verbose_name = "Donations"

    def ready(self) -> None:
        for name in ("arrears", "events", "forgetting", "reconcile"):
            import_module(f"donations.{name}")  # their handlers register themselves
