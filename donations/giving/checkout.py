"""Create the Checkout Session of a gift at Stripe: one open one a gift, whatever is clicked twice or breaks midway.

The row stands before the call, with the idempotency key `reference:n`: D-006.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from donations.campaigns import matching
from donations.giving import appeals, returned
from donations.models import Gift, StripeSetup
from donations.stripe import client, concurrency, objects, orders, products, reads, troubles, writes
from donations.stripe.errors import KEY_TAKEN, NotFoundError, StripeIsDownError, StripeRefusedError
from foundation.organisation import clone_guard
from foundation.organisation.models import Organisation

SESSION_LIFE = timedelta(minutes=32)  # Stripe wants at least 30 when it creates the session, up to PATIENCE later
PATIENCE = timedelta(seconds=60)  # longer than any call takes: the caller is gone
LAST = timedelta(minutes=2)  # of a session: nobody is led to a page that ends while they type


class AlreadyGivenError(Exception):
    """Stripe has the payment for this gift: it is paid or on its way."""


class _OutdatedError(Exception):
    """The form was sent with another sum at the same moment, which counts."""


def start(gift: Gift) -> str:
    """Return the URL of the gift's open Checkout Session, created if needed. No money has moved; the funder's match is
    reserved. Where our row knows of an open session, Stripe is not asked (D-167).

    Raises what `_open` raises, and FullError when too many people wait for a slow Stripe already (concurrency limit).
    """
    if gift.status not in Gift.UNFINISHED:
        raise AlreadyGivenError
    if _is_open(gift):
        clone_guard.check_account(client.account())
        matching.reserve(gift)
        return gift.session_url
    try:
        return _start(gift)
    except _OutdatedError:
        return start(Gift.objects.get(attempt=gift.attempt, current=True))


def _is_open(gift: Gift) -> bool:
    """Whether the session is open as far as our row knows, and its donor has not come back from paying."""
    ends = gift.session_expires_at
    if not (gift.session_id and gift.session_url and ends) or gift.session_failed or gift.status != Gift.Status.STARTED:
        return False
    return timezone.now() < ends - LAST and not returned.is_followed(gift)


def _start(gift: Gift) -> str:
    with concurrency.visit(gift.reference):
        try:
            matching.reserve(gift)
            return _open(gift)
        except (StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError):
            if not Gift.objects.exclude(session_id=None).filter(pk=gift.pk).exists():  # nobody can pay for it now
                matching.release(gift)
            raise


def is_given(gift: Gift, looking: bool = False) -> bool | None:
    """Whether Stripe has the payment, though our books may not have it yet. None when Stripe does not answer.
    `looking`: for a page that only shows it, so that loading it again takes nothing of what its sending may ask.
    """
    if not gift.session_id:
        return None if gift.session_attempt else False  # the answer with its id may have been lost
    try:
        with (
            concurrency.brief_visit(gift.reference) if looking else concurrency.visit(gift.reference, concurrency.BRIEF)
        ):
            return reads.checkout_session(gift.session_id).status == "complete"
    except (StripeIsDownError, StripeRefusedError):
        return None


def _open(gift: Gift) -> str:
    """Return the URL of the open session, or create one; called twice it gives the same session. Raises
    StripeIsDownError, StripeRefusedError, WrongSiteError, AlreadyGivenError. A further session is created only when the
    last is over, or when Stripe says that the last call, whose answer was lost, created none: Stripe keeps a 500 under
    its idempotency key for a day.
    """
    account = client.account()
    clone_guard.check_account(account)
    session: objects.CheckoutSession | None = None
    if gift.session_id:
        with suppress(NotFoundError):  # made with the key of another account, which this site has left
            session = reads.checkout_session(gift.session_id)
    elif _answer_was_lost(gift):
        session = reads.find_checkout(gift.reference, gift.session_attempt, _asked_at(gift))
    else:
        return _create_session(gift, account)
    if session and session.status == "complete":
        raise AlreadyGivenError
    if session and session.status == "open":
        _save_session(gift, session)
        return session.url
    return _create_session(_next_attempt(gift), account)


def _asked_at(gift: Gift) -> datetime:
    """When the session was asked for (UTC): by Stripe's clock where ours was wrong (clock skew)."""
    return gift.session_expires_at - SESSION_LIFE if gift.session_expires_at else gift.created_at


def _answer_was_lost(gift: Gift) -> bool:
    """Whether the call that creates the session got no answer: it failed, or its process died."""
    if not gift.session_attempt or not gift.session_expires_at:
        return False
    return gift.session_failed or timezone.now() > _asked_at(gift) + PATIENCE


def _next_attempt(gift: Gift, now: datetime | None = None) -> Gift:
    """Count one session more, for a new idempotency key. Of two at once one counts, and both continue with that number.
    `now`: by Stripe's clock.
    """
    Gift.objects.unfinished().filter(pk=gift.pk, session_attempt=gift.session_attempt).update(
        session_attempt=F("session_attempt") + 1,
        # Stored: the same idempotency key must come with the same moment.
        session_expires_at=(now or timezone.now()) + SESSION_LIFE,
        session_failed=False,
        session_id=None,
        session_url="",
        status=Gift.Status.STARTED,
    )
    return Gift.objects.get(pk=gift.pk)


def _create_session(gift: Gift, account: str) -> str:
    """Create a new Checkout Session. Where Stripe refuses because something that we believed is not so (the product,
    the clock), that is repaired, and the call is retried.
    """
    if Gift.objects.filter(attempt=gift.attempt, current=True).exclude(pk=gift.pk).exists():
        raise _OutdatedError
    if not gift.session_attempt:
        gift = _next_attempt(gift)
    for mends_left in (2, 1, 0):
        order = _order(gift, account)
        try:
            session = writes.create_checkout_session(order)
        except (StripeIsDownError, StripeRefusedError) as error:
            Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(session_failed=True)
            if isinstance(error, StripeIsDownError) or not mends_left:
                raise
            if error.code == KEY_TAKEN:  # the site's address changed, say, between that call and this one
                return _open(Gift.objects.get(pk=gift.pk))
            gift = _repair_refused_order(gift, order, account, error)
        else:
            _save_session(gift, session)
            break
    return session.url


def _repair_refused_order(gift: Gift, order: orders.CheckoutOrder, account: str, error: StripeRefusedError) -> Gift:
    """Repair the product or the clock skew for a retry. Raises the refusal again where neither is to blame."""
    if error.is_about_the_amount or error.param == "customer_email":
        raise error
    if error.param == "expires_at" and error.at:
        troubles.clock(error.at)
        return _next_attempt(gift, error.at)
    if products.stands(order.product):
        raise error
    product = products.find_or_make(order.product, Organisation.load().name)
    StripeSetup.objects.filter(account=account).update(**{_field(gift): product})
    troubles.product(product)
    return gift


def _save_session(gift: Gift, session: objects.CheckoutSession) -> None:
    Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(
        session_id=session.id, session_url=session.url, session_failed=False
    )


def _order(gift: Gift, account: str) -> orders.CheckoutOrder:
    with translation.override(gift.language):  # a retry must send what the first call sent
        thanks = settings.BASE_URL + reverse("donations:thanks")
        back = settings.BASE_URL + appeals.page_of(gift)
        description = _("Gift %(reference)s") % {"reference": gift.reference}
    return orders.CheckoutOrder(
        reference=gift.reference,
        attempt=gift.session_attempt,
        interval=gift.interval,
        currency=gift.currency,
        total=gift.total,
        email=gift.email,
        product=_product(gift, account),
        description=description,
        expires_at=gift.session_expires_at or timezone.now() + SESSION_LIFE,
        success_url=thanks + "?session={CHECKOUT_SESSION_ID}",
        cancel_url=f"{back}?{urlencode({'back': gift.reference})}",
        language=gift.language,
    )


def _product(gift: Gift, account: str) -> str:
    """Return the id of the Stripe product behind the price; cached in StripeSetup, so that it is looked up once."""
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    known = str(getattr(setup, _field(gift)))
    if known:
        return known
    name = Organisation.load().name
    with translation.override(settings.LANGUAGE_CODE):  # one product for donors of every language
        product = products.of(gift.frequency, name)
    StripeSetup.objects.filter(pk=setup.pk).update(**{_field(gift): product})
    return product


def _field(gift: Gift) -> str:
    """The field of StripeSetup that caches the product."""
    return f"product_{gift.frequency}"
