"""The pages of giving: the form, the thanks with the truth, and the door for Stripe's webhooks."""

import logging
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from donations import checkout, gateway, giving, inbox, keepsake, letters, money, standing, telling
from donations.forms import OTHER, GiveForm
from donations.models import Currency, Gift, Plan
from donations.models.gifts import Frequency
from foundation.doors import address, links
from foundation.organisation import home

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def give(request: HttpRequest) -> HttpResponse:
    """The giving page. Its answers alone let a form lead to Stripe: Chromium looks at where a redirect ends."""
    to_stripe = csp_update({"form-action": settings.STRIPE_PAGE_ORIGINS})
    return cast(HttpResponse, to_stripe(_take if request.method == "POST" else _ask)(request))


def _ask(request: HttpRequest) -> HttpResponse:
    """The empty form, or the one that was left at Stripe. Only the link that led here chooses how often."""
    currency = _currency(request.GET.get("currency", ""))
    if currency is None:
        return render(request, "donations/closed.html", status=503)
    before = _left_at_stripe(request)
    if before:
        currency = _currency(before.currency) or currency
    form = GiveForm(initial=_choices(before) if before else _linked(request, currency), currency=currency)
    return _page(request, form, nothing_charged=before is not None)


def _take(request: HttpRequest) -> HttpResponse:
    """A sent form: to Stripe with a 303, or the form again with all that was typed."""
    currency = _currency(request.POST.get("currency", ""))
    if currency is None:
        return render(request, "donations/closed.html", status=503)
    form = GiveForm(request.POST, currency=currency)
    if not form.is_valid():
        return _page(request, form)
    try:
        gift = giving.begin(form.wish(), address.block(address.of(request)))
    except giving.TooOftenError:
        form.add_error(
            None, _("Many gifts were begun from your connection. Please wait ten minutes and send this again.")
        )
        answer = _page(request, form, status=429)
        answer["Retry-After"] = str(giving.WAIT)
        return answer
    return _lead_to_stripe(request, form, gift)


def _lead_to_stripe(request: HttpRequest, form: GiveForm, gift: Gift) -> HttpResponse:
    answer: HttpResponse
    try:
        answer = HttpResponseRedirect(checkout.start(gift), status=303)
        checkout.close_others(gift)
    except checkout.AlreadyGivenError:
        answer = redirect(f"{reverse('donations:thanks')}?session={gift.session_id}")
    except gateway.StripeRefusedError as error:
        log.warning("Stripe refused gift %s: %s %s", gift.reference, error.code, error.param)
        if error.param == "customer_email":
            form.add_error("email", _("Stripe does not take this address. Please look at it again."))
        else:
            form.add_error(None, _("Stripe did not take this gift. Nothing was charged. Please try another amount."))
        return _page(request, form)
    except home.NotAtHomeError as error:
        log.error("gift %s not begun: %s", gift.reference, error)
        form.add_error(None, _("This copy of the site does not take gifts. Nothing was charged."))
        return _page(request, form, status=503)
    except gateway.StripeIsDownError as error:
        log.warning("gift %s not begun: %s", gift.reference, error)
        form.add_error(None, _("We cannot reach Stripe just now. Nothing was charged. Please try again in a minute."))
        return _page(request, form, status=503)
    keepsake.remember(answer, request, gift)
    return answer


@require_safe
@never_cache
def thanks(request: HttpRequest) -> HttpResponse:
    """Where Stripe sends people back to. Says what is true; shows details only to the browser the gift came from."""
    session = request.GET.get("session", "")[:120]
    gift = Gift.objects.filter(session_id=session).first() if session and "\0" not in session else None
    now = standing.of(gift)
    context: dict[str, Any] = {"state": now.state}
    if gift and gift.reference in keepsake.references(request):
        context |= {
            "gift": gift,
            "total": money.exact(gift.total, gift.currency),
            "url": now.url,
            "to": _veiled(gift.email),
        }
    answer = render(request, "donations/thanks.html", context)
    answer["Referrer-Policy"] = "no-referrer"  # this address names a payment
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def card(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in a letter about a failed payment: one button, which leads to Stripe's own page."""
    to_stripe = csp_update({"form-action": ["'self'", *settings.STRIPE_PAGE_ORIGINS]})
    return cast(HttpResponse, to_stripe(lambda request: _card(request, token))(request))


def _card(request: HttpRequest, token: str) -> HttpResponse:
    link = links.find(token, letters.CARD)
    plan = Plan.objects.running().filter(subscription_id=link.subject).first() if link else None
    if plan is None:
        return render(request, "donations/card.html", {"state": "unknown"}, status=404)
    context = {"state": "open", "total": money.exact(plan.total, plan.currency)}
    if request.method != "POST":
        return render(request, "donations/card.html", context)
    try:
        page = telling.card_page(plan.customer_id, settings.BASE_URL + reverse("donations:card_done"))
    except (gateway.StripeIsDownError, gateway.StripeRefusedError, home.NotAtHomeError) as error:
        log.warning("no card page for %s: %s", plan.subscription_id, error)
        return render(request, "donations/card.html", {**context, "state": "down"}, status=503)
    return HttpResponseRedirect(page, status=303)


@require_safe
@never_cache
def card_done(request: HttpRequest) -> HttpResponse:
    """Where Stripe's page for the card leads back to. It proves nothing, so it promises nothing."""
    return render(request, "donations/card.html", {"state": "done"})


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Stripe's events. 200: kept. 400: not from Stripe. 413: too large. 503: not kept, Stripe sends it again."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > inbox.LARGEST:
            return HttpResponse(status=413)
        inbox.take(request.body, request.headers.get("Stripe-Signature", ""))
    except (gateway.ForgedError, UnreadablePostError, ValueError) as error:
        log.info("webhook refused: %s", error)
        return HttpResponse(status=400)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except DatabaseError:
        log.exception("webhook not kept")
        return HttpResponse(status=503)
    return HttpResponse(status=200)


def _currency(code: str) -> Currency | None:
    """The offered currency of that code, else the first one; None when none is offered."""
    shown = list(Currency.objects.shown())
    return next((currency for currency in shown if currency.code == code.upper()), shown[0] if shown else None)


def _linked(request: HttpRequest, currency: Currency) -> dict[str, str]:
    """What a link may choose: ?frequency= and ?amount=. Whatever is not clear in it is left as on a bare page,
    where the second rung of each ladder is marked: a low default would lower what people give.
    """
    ladders = {each: currency.ladder(each) for each in Frequency.values}
    chosen = {f"amount_{each}": money.plain(rungs[1], currency.code) for each, rungs in ladders.items() if rungs[1:]}
    frequency = request.GET.get("frequency", "")
    if frequency in Frequency.values:
        chosen["frequency"] = frequency
    try:
        amount = money.parse(request.GET.get("amount", ""), currency.code)
    except money.AmountError:
        return chosen
    if currency.minimum <= amount <= currency.maximum:
        chosen |= _amount(amount, currency, chosen.get("frequency", ""))
    return chosen


def _amount(amount: int, currency: Currency, frequency: str) -> dict[str, str]:
    """The amount on the ladder of that frequency, or on both while none is chosen; typed in where none has it."""
    plain = money.plain(amount, currency.code)
    rungs = {each: amount in currency.ladder(each) for each in ([frequency] if frequency else Frequency.values)}
    chosen = {f"amount_{each}": plain if on_it else OTHER for each, on_it in rungs.items()}
    return chosen if all(rungs.values()) else {**chosen, "other": plain}


def _left_at_stripe(request: HttpRequest) -> Gift | None:
    """The gift whose payment page this browser came back from, if no money came."""
    reference = request.GET.get("back", "")
    if reference not in keepsake.references(request):
        return None
    return Gift.objects.unfinished().filter(reference=reference).first()


def _choices(gift: Gift) -> dict[str, Any]:
    currency = _currency(gift.currency)
    same = currency is not None and currency.code == gift.currency
    amounts = _amount(gift.amount, currency, gift.frequency) if currency and same else {}
    return {
        **amounts,
        "frequency": gift.frequency,
        "cover_fee": gift.fee_cover > 0,
        "email": gift.email,
        "name": gift.name,
        "attempt": gift.attempt,
    }


def _page(request: HttpRequest, form: GiveForm, status: int = 200, nothing_charged: bool = False) -> HttpResponse:
    currency = form.money_of
    context: dict[str, Any] = {
        "form": form,
        "currency": currency,
        "currencies": Currency.objects.shown(),
        "decimals": money.decimals(currency.code),
        "sign": money.sign(currency.code),
        "locale": get_language(),
        "nothing_charged": nothing_charged,
        "chosen_frequency": form["frequency"].value() or "",
    }
    if currency.fee_basis_points is not None and currency.fee_fixed is not None:
        example = (currency.ladder(Frequency.ONCE) or [currency.minimum])[0]
        context |= {
            "percent": f"{currency.fee_basis_points / 100:g}",
            "fixed": money.show(currency.fee_fixed, currency.code),
            "example": money.short(example, currency.code),
            "example_fee": money.show(currency.fee_cover(example), currency.code),
        }
    return render(request, "donations/give.html", context, status=status)


def _veiled(email: str) -> str:
    """Enough for its owner to see a slip of the finger, too little for whoever looks over a shoulder."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
