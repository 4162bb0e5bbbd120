"""What Stripe refused of us, kept and told to staff once for each reason; and what people read of it meanwhile."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from donations import alarms, gateway
from donations.models import StripeTrouble
from foundation.jobs import errors
from foundation.jobs import queue as jobs
from foundation.organisation import home

QUIET = timedelta(days=7)  # after which the same is news again
TIME = "stripe-time"
log = logging.getLogger(__name__)
Trouble = gateway.StripeIsDownError | gateway.StripeRefusedError | home.NotAtHomeError


def product(ident: str) -> None:
    _note(f"product {ident}", alarms.PRODUCT, mended=True)


def portal(ident: str) -> None:
    _note(f"portal {ident}", alarms.PORTAL, mended=True)


def clock(at: datetime) -> None:
    """`at`: what Stripe's clock says."""
    minutes = round((at - timezone.now()).total_seconds() / 60)
    if minutes:
        _note("the server's clock", alarms.clock(minutes), mended=True)


def ask_for_the_time() -> None:
    """Stripe's events come at a time that is not ours: let the worker compare the two clocks, once an hour."""
    jobs.enqueue(TIME, f"{TIME}:{timezone.now():%Y%m%d%H}", {})


@jobs.handler(TIME)
def compare_clocks(args: dict[str, Any]) -> None:
    try:
        at = gateway.clock()
    except gateway.StripeIsDownError as error:
        raise jobs.RetryLaterError(error.seconds, str(error)) from error
    if at and abs((at - timezone.now()).total_seconds()) > gateway.TOLERANCE:
        clock(at)


def answer(error: Trouble, doing: str, nothing: str) -> str:
    """What happened and what to do, for whoever waits for the page. What the site cannot mend is told to staff.

    `doing`: which kind of call, in a word of ours. `nothing`: the sentence that nothing was charged, or changed.
    """
    if isinstance(error, gateway.TooOftenError):
        why, then = _("You have asked for this many times in a row."), _("Please wait ten minutes.")
    elif isinstance(error, gateway.FullError):
        why, then = _("Very many people are on their way to Stripe."), _("Please try again in a minute.")
    elif isinstance(error, gateway.KeyRefusedError | gateway.StripeRefusedError):
        refused(error, doing)
        why = _("Stripe refuses what our site asks of it. This is our fault, not yours, and we have been told.")
        then = _("Please try again tomorrow, or write to us.")
        if isinstance(error, gateway.StripeRefusedError) and error.is_about_the_amount:
            why, then = _("Stripe does not take this amount."), _("Please try another amount.")
    elif isinstance(error, gateway.StripeIsDownError):
        why, then = _("We cannot reach Stripe just now."), _("Please try again in a minute.")
    else:
        why, then = _("This copy of the site does not take gifts."), ""
    return " ".join(filter(None, [why, nothing, then]))


def refused(error: gateway.KeyRefusedError | gateway.StripeRefusedError, doing: str) -> None:
    """What the site cannot mend: a person must."""
    _note(f"{doing}: {_named(error)}"[:160], errors.said(str(error)), mended=False)


def _named(error: gateway.KeyRefusedError | gateway.StripeRefusedError) -> str:
    if isinstance(error, gateway.StripeRefusedError):
        return f"{error.code or '-'} {error.param or '-'}"
    return "the key"


def _note(what: str, said: str, mended: bool) -> None:
    """One row for each reason, and one letter when it begins: not one for each visitor."""
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
            alarms.stripe_refused(row)
