"""Money: gifts, plans, ledger, receipts."""

from importlib import import_module

from django.apps import AppConfig


class DonationsConfig(AppConfig):
    name = "donations"
    verbose_name = "Donations"

    def ready(self) -> None:
        gifts = ("anniversaries", "arrears", "chosen", "dedications", "events", "forgetting", "person", "reconcile")
        for name in (*gifts, "newly_claimed", "other_pages", "tries", "troubles", "unsent", "year_end"):
            import_module(f"donations.{name}")  # their handlers register themselves
