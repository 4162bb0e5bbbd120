"""Money: gifts, plans, ledger, receipts."""

from importlib import import_module

from django.apps import AppConfig

HANDLERS = [
    *["stripe.troubles", "letters.dedications", "letters.year_end", "letters.anniversaries", "monthly.dunning"],
    *["card_testing.tries", "webhooks.events", "webhooks.restored", "reconcile.runs", "reconcile.unsent"],
    *["giving.chosen", "giving.other_pages", "privacy"],
]


class DonationsConfig(AppConfig):
    name = "donations"
    verbose_name = "Donations"

    def ready(self) -> None:
        for name in HANDLERS:
            import_module(f"donations.{name}")  # their handlers register themselves
