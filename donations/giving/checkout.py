"""Lead a gift to Stripe's payment page: one open page for each gift, whatever is clicked twice or breaks half way."""

from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from donations.campaigns import matching
from donations.giving import appeals
from donations.models import Gift, StripeSetup
from donations.stripe import client, gate, objects, orders, products, reads, troubles, writes
from donations.stripe.errors import KEY_TAKEN, NotFoundError, StripeIsDownError, StripeRefusedError
from foundation.organisation import home
from foundation.organisation.models import Organisation

PAGE_LIFE = timedelta(minutes=32)  # Stripe wants at least 30 when it makes the page, up to PATIENCE later
PATIENCE = timedelta(seconds=60)  # longer than any call takes: whoever asked is gone


class AlreadyGivenError(Exception):
    """Stripe has the payment for this gift: it is paid or on its way."""


def start(gift: Gift) -> str:
    """The address of Stripe's payment page for this gift. No money has moved, and what a funder adds to it is held.

    Raises what `_open` raises, and FullError when too many people wait for a slow Stripe already.
    """
    with gate.visit(gift.reference):
        try:
            matching.reserve(gift)
            return _open(gift)
        except (StripeIsDownError, StripeRefusedError, home.NotAtHomeError):
            if not Gift.objects.exclude(session_id=None).filter(pk=gift.pk).exists():  # nobody can pay for it now
                matching.release(gift)
            raise


def is_given(gift: Gift) -> bool:
    """Whether Stripe has the payment, though our books may not have it yet. False too when nobody answers."""
    if not gift.session_id or not gift.session_expires_at:
        return False
    try:
        with gate.visit(gift.reference, gate.LOOK):
            return reads.checkout_page(gift.session_id).status == "complete"
    except (StripeIsDownError, StripeRefusedError):
        return False


def _open(gift: Gift) -> str:
    """Raises StripeIsDownError, StripeRefusedError, NotAtHomeError, AlreadyGivenError. Called twice it gives the
    same page. A further page is made only when the last is over, or when Stripe says that the last call, whose
    answer was lost, made none: Stripe keeps a 500 under its idempotency key for a day.
    """
    account = client.account()
    home.check_account(account)
    page: objects.CheckoutPage | None = None
    if gift.session_id:
        with suppress(NotFoundError):  # made with the key of another account, which this site has left
            page = reads.checkout_page(gift.session_id)
    elif _unanswered(gift):
        page = reads.find_checkout(gift.reference, gift.session_attempt, _asked_at(gift))
    else:
        return _page(gift, account)
    if page and page.status == "complete":
        raise AlreadyGivenError
    if page and page.status == "open":
        _keep(gift, page)
        return page.url
    return _page(_next(gift), account)


def _asked_at(gift: Gift) -> datetime:
    """When its page was asked for, by Stripe's clock where ours was wrong."""
    return gift.session_expires_at - PAGE_LIFE if gift.session_expires_at else gift.created_at


def _unanswered(gift: Gift) -> bool:
    """A page was asked for, and whoever asked has no answer: the call failed, or its process died."""
    if not gift.session_attempt or not gift.session_expires_at:
        return False
    return gift.session_failed or timezone.now() > _asked_at(gift) + PATIENCE


def _next(gift: Gift, now: datetime | None = None) -> Gift:
    """Count one page more. Of two at once one counts, and both go on with that number. `now`: by Stripe's clock."""
    Gift.objects.unfinished().filter(pk=gift.pk, session_attempt=gift.session_attempt).update(
        session_attempt=F("session_attempt") + 1,
        # Kept: the same key must come with the same moment.
        session_expires_at=(now or timezone.now()) + PAGE_LIFE,
        session_failed=False,
        session_id=None,
        status=Gift.Status.STARTED,
    )
    return Gift.objects.get(pk=gift.pk)


def _page(gift: Gift, account: str) -> str:
    """A new one. Where Stripe refuses because something that we believed is not so, that is mended, and it is asked
    once more: about the product, and about the clock.
    """
    if not gift.session_attempt:
        gift = _next(gift)
    for mends_left in (2, 1, 0):
        order = _order(gift, account)
        try:
            page = writes.create_checkout(order)
        except (StripeIsDownError, StripeRefusedError) as error:
            Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(session_failed=True)
            if isinstance(error, StripeIsDownError) or not mends_left:
                raise
            if error.code == KEY_TAKEN:  # the site's address changed, say, between that call and this one
                return _open(Gift.objects.get(pk=gift.pk))
            gift = _mended(gift, order, account, error)
        else:
            _keep(gift, page)
            break
    return page.url


def _mended(gift: Gift, order: orders.CheckoutOrder, account: str, error: StripeRefusedError) -> Gift:
    """Raises the refusal again where nothing of ours is to blame for it that can be mended."""
    if error.is_about_the_amount or error.param == "customer_email":
        raise error
    if error.param == "expires_at" and error.at:
        troubles.clock(error.at)
        return _next(gift, error.at)
    if products.stands(order.product):
        raise error
    product = products.find_or_make(order.product, Organisation.load().name)
    StripeSetup.objects.filter(account=account).update(**{_field(gift): product})
    troubles.product(product)
    return gift


def _keep(gift: Gift, page: objects.CheckoutPage) -> None:
    Gift.objects.filter(pk=gift.pk, session_attempt=gift.session_attempt).update(
        session_id=page.id, session_failed=False
    )


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
    known = str(getattr(setup, _field(gift)))
    if known:
        return known
    name = Organisation.load().name
    with translation.override(settings.LANGUAGE_CODE):  # one product for donors of every language
        words = _("Monthly gift to %(name)s") if gift.is_monthly else _("Gift to %(name)s")
    product = products.find_or_make(products.PRODUCTS[gift.is_monthly], words % {"name": name})
    StripeSetup.objects.filter(pk=setup.pk).update(**{_field(gift): product})
    return product


def _field(gift: Gift) -> str:
    """Where its product is remembered."""
    return "product_monthly" if gift.is_monthly else "product_once"
