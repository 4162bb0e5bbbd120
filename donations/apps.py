"""Django app of donations: one-time, monthly and yearly gifts, ledger, receipts, Stripe webhooks, reconciliation."""

from importlib import import_module

from django.apps import AppConfig

HANDLERS = [
    *["stripe.troubles", "letters.dedications", "letters.year_end", "letters.anniversaries", "monthly.dunning"],
    *["card_testing.tries", "webhooks.events", "webhooks.restored", "reconcile.runs", "reconcile.unsent"],
    *["giving.most_chosen", "giving.other_pages", "giving.returned", "giving.refunding", "campaigns.pictures"],
    *["books.day_sums", "stripe.payment_methods", "privacy"],
]


class DonationsConfig(AppConfig):
    name = "donations"
    verbose_name = "Donations"

    def ready(self) -> None:
        for name in HANDLERS:
            import_module(f"donations.{name}")  # their job handlers and signal receivers register themselves
