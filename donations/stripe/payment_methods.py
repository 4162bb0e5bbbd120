"""What Stripe's payment page offers on this account: asked once a day and at set-up, never while a visitor waits."""

import logging

from donations.models import StripeSetup
from donations.stripe import client, reads
from donations.stripe.errors import NoPermissionError, waiting_for_stripe
from foundation.jobs import queue as jobs
from foundation.organisation import clone_guard
from foundation.organisation.models import SiteIdentity

log = logging.getLogger(__name__)


@jobs.every("day")
@waiting_for_stripe()
def refresh() -> None:
    """Save what the page offers, daily. Nothing is claimed any more once our key may not read it."""
    account = client.account()
    clone_guard.check_account(account)
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    StripeSetup.objects.filter(pk=setup.pk).update(methods=ask())


def ask() -> list[str]:
    """Fetch the methods by Stripe's names; empty where our key lacks the right. Raises StripeIsDownError."""
    try:
        return reads.payment_methods()
    except NoPermissionError as error:
        log.warning("Nobody is told how to pay on Stripe's page: %s", error)
        return []


def offered() -> list[str]:
    """Return what is known of the account of this site, without asking; empty when nothing is."""
    ours = SiteIdentity.objects.filter(pk=1).exclude(stripe_account="").values("stripe_account")
    return StripeSetup.objects.filter(account__in=ours).values_list("methods", flat=True).first() or []
