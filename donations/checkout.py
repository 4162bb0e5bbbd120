"""Lead a gift to Stripe's payment page: one open page for each gift, whatever is clicked twice or breaks half way."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from donations import appeals, facts, gateway, matching, orders, pace, products
from donations.models import Gift, StripeSetup
from foundation.organisation import home
from foundation.organisation.models import Organisation

PAGE_LIFE = timedelta(minutes=32)  # Stripe wants at least 30 when it makes the page, up to PATIENCE later
PATIENCE = timedelta(seconds=60)  # longer than any call takes: whoever asked is gone
PRODUCTS = {False: "road_out_gift_once", True: "road_out_gift_monthly"}
# How many donors of this process may wait for Stripe at once. The web server has twice as many threads (config/serve):
# however slow Stripe is, a page about help still has one to answer it.
WAITING_AT_ONCE = 12
QUEUE = 2.0  # seconds to wait for a place: a double click gets one, a flood does not fill every thread for long
LOOK = 2.0  # seconds that a page which only looks waits, for its place and the answer together
_places = threading.BoundedSemaphore(WAITING_AT_ONCE)
log = logging.getLogger(__name__)


class AlreadyGivenError(Exception):
    """Stripe has the payment for this gift: it is paid or on its way."""


def start(gift: Gift) -> str:
    """The address of Stripe's payment page for this gift. No money has moved, and what a funder adds to it is held.

    Raises what `_open` raises, and StripeIsDownError when too many donors wait for a slow Stripe already.
    """
    with _place():
        try:
            matching.reserve(gift)
            return _open(gift)
        except (gateway.StripeIsDownError, gateway.StripeRefusedError, home.NotAtHomeError):
            if not Gift.objects.exclude(session_id=None).filter(pk=gift.pk).exists():  # nobody can pay for it now
                matching.release(gift)
            raise


def is_given(gift: Gift) -> bool:
    """Whether Stripe has the payment, though our books may not have it yet. False too when nobody answers."""
    if not gift.session_id or not gift.session_expires_at:
        return False
    try:
        with _place():
            return gateway.checkout_page(gift.session_id).status == "complete"
    except (gateway.StripeIsDownError, gateway.StripeRefusedError):
        return False


@contextmanager
def looking() -> Iterator[None]:
    """In here asks for what a page shows to somebody who waits for it: through the gate of places, and within LOOK for
    all calls together. Raises StripeIsDownError where there is no place.
    """
    ends = time.monotonic() + LOOK
    with _place(LOOK), pace.until(ends):
        yield


@contextmanager
def _place(patience: float = QUEUE) -> Iterator[None]:
    if not _places.acquire(timeout=patience):
        raise gateway.StripeIsDownError("Too many donors wait for Stripe at once.")
    try:
        yield
    finally:
        _places.release()


def _open(gift: Gift) -> str:
    """Raises StripeIsDownError, StripeRefusedError, NotAtHomeError, AlreadyGivenError. Called twice it gives the
    same page. A further page is made only when the last is over, or when Stripe says that the last call, whose
    answer was lost, made none: Stripe keeps a 500 under its idempotency key for a day.
    """
    account = gateway.account()
    home.check_account(account)
    if gift.session_id:
        page: facts.CheckoutPage | None = gateway.checkout_page(gift.session_id)
    elif _unanswered(gift):
        asked_at = gift.session_expires_at - PAGE_LIFE if gift.session_expires_at else gift.created_at
        page = gateway.find_checkout(gift.reference, gift.session_attempt, asked_at)
    else:
        return _page(gift, account).url
    if page and page.status == "complete":
        raise AlreadyGivenError
    if page and page.status == "open":
        _keep(gift, page)
        return page.url
    return _page(_next(gift), account).url


def close_others(gift: Gift) -> None:
    """Close the payment pages of earlier tries from the same form, so that a corrected sum is not paid twice."""
    others = Gift.objects.unfinished().filter(attempt=gift.attempt, session_expires_at__gt=timezone.now())
    for other in others.exclude(pk=gift.pk).exclude(session_id=None):
        try:
            gateway.expire_checkout(other.session_id or "")
        except (gateway.StripeIsDownError, gateway.StripeRefusedError) as error:
            log.info("page of gift %s stays until it ends by itself: %s", other.reference, type(error).__name__)


def _unanswered(gift: Gift) -> bool:
    """A page was asked for, and whoever asked has no answer: the call failed, or its process died."""
    if not gift.session_attempt or not gift.session_expires_at:
        return False
    return gift.session_failed or timezone.now() > gift.session_expires_at - PAGE_LIFE + PATIENCE


def _next(gift: Gift) -> Gift:
    """Count one page more. Of two at once one counts, and both go on with that number."""
    Gift.objects.unfinished().filter(pk=gift.pk, session_attempt=gift.session_attempt).update(
        session_attempt=F("session_attempt") + 1,
        session_expires_at=timezone.now() + PAGE_LIFE,  # kept: the same key must come with the same moment
        session_failed=False,
        session_id=None,
        status=Gift.Status.STARTED,
    )
    return Gift.objects.get(pk=gift.pk)


def _page(gift: Gift, account: str) -> facts.CheckoutPage:
    if not gift.session_attempt:
        gift = _next(gift)
    order = _order(gift, account)
    try:
        page = _asked(order)
    except (gateway.StripeIsDownError, gateway.StripeRefusedError):
        Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(session_failed=True)
        raise
    _keep(gift, page)
    return page


def _asked(order: orders.CheckoutOrder) -> facts.CheckoutPage:
    """Stripe may refuse because somebody archived or deleted our product in its dashboard: put it up again, once."""
    try:
        return gateway.create_checkout(order)
    except gateway.StripeRefusedError:
        if products.stands(order.product):
            raise
        products.find_or_make(order.product, Organisation.load().name)
        return gateway.create_checkout(order)


def _keep(gift: Gift, page: facts.CheckoutPage) -> None:
    Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(session_id=page.id)


def _order(gift: Gift, account: str) -> orders.CheckoutOrder:
    with translation.override(gift.language):  # whoever asks: a retry must send what the first call sent
        thanks = settings.BASE_URL + reverse("donations:thanks")
        back = settings.BASE_URL + appeals.page_of(gift)
        description = _("Gift %(reference)s") % {"reference": gift.reference}
    return orders.CheckoutOrder(
        reference=gift.reference,
        attempt=gift.session_attempt,
        monthly=gift.is_monthly,
        currency=gift.currency,
        total=gift.total,
        email=gift.email,
        product=_product(gift, account),
        description=description,
        expires_at=gift.session_expires_at or timezone.now() + PAGE_LIFE,
        success_url=thanks + "?session={CHECKOUT_SESSION_ID}",
        cancel_url=f"{back}?{urlencode({'back': gift.reference})}",
        language=gift.language,
    )


def _product(gift: Gift, account: str) -> str:
    """The product at Stripe that stands behind the price; remembered, so that it is looked for once."""
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    field = "product_monthly" if gift.is_monthly else "product_once"
    known = str(getattr(setup, field))
    if known:
        return known
    name = Organisation.load().name
    with translation.override(settings.LANGUAGE_CODE):  # one product for donors of every language
        words = _("Monthly gift to %(name)s") if gift.is_monthly else _("Gift to %(name)s")
    product = products.find_or_make(PRODUCTS[gift.is_monthly], words % {"name": name})
    StripeSetup.objects.filter(pk=setup.pk).update(**{field: product})
    return product
