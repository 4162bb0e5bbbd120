"""manage.py setup_stripe: create or find products, customer portal and webhook endpoint on the Stripe account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from donations.stripe import account, client
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from donations.webhooks import events
from foundation.organisation import clone_guard


class Command(BaseCommand):
    help = "Create or find products, portal and webhook endpoint on the Stripe account of our key. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = account.set_up(events.HANDLERS)
        except (StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError) as error:
            raise CommandError(str(error)) from error
        setup = done.setup
        self.stdout.write(f"Account {setup.account}, API version {client.version()}")
        self.stdout.write(f"Products: {setup.product_once}, {setup.product_monthly}")
        self.stdout.write(f"Portal for cards: {setup.portal}")
        self.stdout.write(f"Webhook endpoint: {setup.endpoint} ({'made' if done.endpoint_made else 'found'})")
        known = ", ".join(setup.methods) or "not known: the key may not read payment method configurations"
        self.stdout.write(f"Ways to pay on its page: {known}")
        if done.secret:
            self.stdout.write("Stripe shows its secret this once. Put it into the settings and restart web and worker:")
            self.stdout.write(f"STRIPE_WEBHOOK_SECRETS={done.secret}")
        self.stdout.write(
            "By hand, in Stripe's dashboard: its e-mails about payments, refunds and failures off; after the last "
            "retry leave subscriptions past due (docs/stripe.md, step 2)."
        )
