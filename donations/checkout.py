"""Lead a gift to Stripe's payment page: one open page for each gift, whatever is clicked twice or breaks half way."""

import logging
import threading
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from donations import facts, gateway
from donations.models import Gift, StripeSetup
from foundation.organisation import home
from foundation.organisation.models import Organisation

PAGE_LIFE = timedelta(minutes=40)  # Stripe wants at least 30 from the moment it makes the page
PATIENCE = timedelta(seconds=60)  # longer than any call takes: whoever asked is gone
PRODUCTS = {False: "road_out_gift_once", True: "road_out_gift_monthly"}
# How many donors of this process may wait for Stripe at once. The web server has twice as many threads (config/serve):
# however slow Stripe is, a page about help still has one to answer it.
WAITING_AT_ONCE = 12
QUEUE = 2.0  # seconds to wait for a place: a double click gets one, a flood does not fill every thread for long
_places = threading.BoundedSemaphore(WAITING_AT_ONCE)
log = logging.getLogger(__name__)


class AlreadyGivenError(Exception):
    """Stripe has the payment for this gift: it is paid or on its way."""


def start(gift: Gift) -> str:
    """The address of Stripe's payment page for this gift. No money has moved.

    Raises what `_open` raises, and StripeIsDownError when too many donors wait for a slow Stripe already.
    """
    if not _places.acquire(timeout=QUEUE):
        raise gateway.StripeIsDownError("Too many donors wait for Stripe at once.")
    try:
        return _open(gift)
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
    try:
        page = gateway.create_checkout(_order(gift, account))
    except (gateway.StripeIsDownError, gateway.StripeRefusedError):
        Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(session_failed=True)
        raise
    _keep(gift, page)
    return page


def _keep(gift: Gift, page: facts.CheckoutPage) -> None:
    Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(session_id=page.id)


def _order(gift: Gift, account: str) -> facts.CheckoutOrder:
    thanks = settings.BASE_URL + reverse("donations:thanks")
    back = settings.BASE_URL + reverse("donations:give")
    return facts.CheckoutOrder(
        reference=gift.reference,
        attempt=gift.session_attempt,
        monthly=gift.is_monthly,
        currency=gift.currency,
        total=gift.total,
        email=gift.email,
        product=_product(gift, account),
        description=_("Gift %(reference)s") % {"reference": gift.reference},
        expires_at=gift.session_expires_at or timezone.now() + PAGE_LIFE,
        success_url=thanks + "?session={CHECKOUT_SESSION_ID}",
        cancel_url=f"{back}?{urlencode({'back': gift.reference})}",
    )


def _product(gift: Gift, account: str) -> str:
    """The product at Stripe that stands behind the price; remembered, so that it is looked for once."""
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    field = "product_monthly" if gift.is_monthly else "product_once"
    known = str(getattr(setup, field))
    if known:
        return known
    name = Organisation.load().name
    words = _("Monthly gift to %(name)s") if gift.is_monthly else _("Gift to %(name)s")
    product = gateway.find_or_make_product(PRODUCTS[gift.is_monthly], words % {"name": name})
    StripeSetup.objects.filter(pk=setup.pk).update(**{field: product})
    return product
