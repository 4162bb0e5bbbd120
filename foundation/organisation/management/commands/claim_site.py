"""manage.py claim_site: a person says that this database is at home here, so money and mail may move again."""

from typing import Any

from django.core.management.base import BaseCommand

from foundation.organisation import home


class Command(BaseCommand):
    help = "Say that this database belongs to this address and this Stripe account from now on."

    def handle(self, *args: Any, **options: Any) -> None:
        before = str(home.here())
        home.claim()
        self.stdout.write(f"Was at home at: {before}.")
        self.stdout.write("This database is at home here now. The Stripe account is taken from the next payment.")
