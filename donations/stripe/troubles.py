"""Record what Stripe refused of us, and what we repaired of it, and alert staff once for each reason."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from donations.models import StripeTrouble
from donations.stripe import client, signature
from donations.stripe.errors import KeyRefusedError, StripeRefusedError, waiting_for_stripe
from foundation.jobs import errors
from foundation.jobs import queue as jobs
from staff import alerts

QUIET = timedelta(days=7)  # after which the same is news again
TIME = "stripe-time"
PRODUCT = "The product behind our gifts was archived or deleted at Stripe. The site put it up again."
PORTAL = "The configuration of Stripe's page for the card did not work any more. The site put it right."
log = logging.getLogger(__name__)


def product(ident: str) -> None:
    _note(f"product {ident}", PRODUCT, mended=True)


def portal(ident: str) -> None:
    _note(f"portal {ident}", PORTAL, mended=True)


def clock(at: datetime) -> None:
    """Record clock skew. `at`: what Stripe's clock says (UTC)."""
    minutes = round((at - timezone.now()).total_seconds() / 60)
    if minutes:
        _note("the server's clock", _of_the_clock(minutes), mended=True)


def ask_for_the_time() -> None:
    """Enqueue a check for clock skew, once an hour: Stripe's webhooks come with a time that is not ours."""
    jobs.enqueue(TIME, f"{TIME}:{timezone.now():%Y%m%d%H}", {})


@jobs.handler(TIME)
@waiting_for_stripe()
def compare_clocks(args: dict[str, Any]) -> None:
    """Job: compare our clock with Stripe's, and record a skew by which webhooks are refused."""
    at = client.clock()
    if at and abs((at - timezone.now()).total_seconds()) > signature.TOLERANCE:
        clock(at)


def refused(error: KeyRefusedError | StripeRefusedError, doing: str) -> None:
    """Record a refusal that the site cannot mend: a person must."""
    _note(f"{doing}: {_named(error)}"[:160], errors.said(str(error)), mended=False)


def _named(error: KeyRefusedError | StripeRefusedError) -> str:
    if isinstance(error, StripeRefusedError):
        return f"{error.code or '-'} {error.param or '-'}"
    return "the key"


def _note(what: str, said: str, mended: bool) -> None:
    """Upsert one row for each reason, and write one letter when it begins: not one for each visitor."""
    log.warning("Stripe: %s: %s", what, said)
    now = timezone.now()
    with transaction.atomic():
        StripeTrouble.objects.bulk_create(
            [StripeTrouble(what=what, first_at=now, last_at=now, settled_at=now)], ignore_conflicts=True
        )
        row = StripeTrouble.objects.select_for_update().get(what=what)
        begins = row.settled_at is not None or row.last_at < now - QUIET
        if begins:
            row.first_at, row.settled_at, row.times = now, None, 0
        StripeTrouble.objects.filter(pk=row.pk).update(
            said=said,
            mended=mended,
            times=row.times + 1,
            told=F("told") + int(begins),
            first_at=row.first_at,
            last_at=now,
            settled_at=row.settled_at,
        )
        if begins:
            row.refresh_from_db()
            _tell(row)


def _of_the_clock(behind: int) -> str:
    """What to say of the skew of our own clock, so many minutes behind Stripe's or, below zero, ahead of it."""
    where = _("behind") if behind > 0 else _("ahead of")
    return _(
        "This server's clock is %(minutes)s minutes %(where)s Stripe's. Gifts go on by Stripe's clock, but its events "
        "are refused. Please set the server's clock right."
    ) % {"minutes": abs(behind), "where": where}


def _tell(row: StripeTrouble) -> None:
    """Alert staff, once for each reason, when it begins."""
    words = [row.said]
    if not row.mended:
        words.append(_("People cannot do this until somebody puts it right, at Stripe or in the site's settings."))
    words.append(settings.BASE_URL + reverse("stripetrouble:inspect", args=[row.pk]))
    key, subject = f"stripe-trouble:{row.pk}:{row.told}", _("Stripe refused something")
    alerts.tell(key, "donations.view_stripetrouble", subject, "\n\n".join(words))
