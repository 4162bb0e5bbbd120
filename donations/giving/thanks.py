"""Thank-you page, Stripe's success URL: what happened and what comes next; and a correction of the e-mail address."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations import money
from donations.giving import addresses, appeals, browser_cookie, gift_status, returned
from donations.letters import plan_letters
from donations.models import Dedication, Gift, ThankYou, months
from foundation.access.antispam import GuardedForm, address_field
from foundation.organisation.languages import here
from foundation.organisation.models import Organisation
from foundation.organisation.zone import on_our_calendar
from supporters import moving, names

GOOD = ("paid", "pending", "confirming")  # the donor has done their part
A_YEAR = timedelta(days=365)  # the length of the drawn road, as of a first year on My page
SLOWEST = 60  # seconds between two refreshes of a page that waits; it begins with three
GIVES_UP = 24 * 3600  # seconds after which it refreshes no more: the letter has come, or will


class AddressForm(GuardedForm):
    """Form that corrects the e-mail address, for the browser that made the gift."""

    email = address_field("", gettext_lazy("The right e-mail address"))


@require_safe
@never_cache
@on_our_calendar
def thanks(request: HttpRequest) -> HttpResponse:
    """Thank-you page: says what is true; shows details only to the browser that made the gift. For that one alone
    Stripe is asked, once and not for long, and nothing is written but the job that books what it said. Where nobody
    could say, and until the receipt is there, the page refreshes itself.
    """
    session = request.GET.get("session", "")[:120]
    gift = Gift.objects.filter(session_id=session).first() if session and "\0" not in session else None
    own = gift is not None and gift.reference in browser_cookie.references(request)
    now = gift_status.of(gift, own)
    context: dict[str, Any] = {"state": now.state, "act": ThankYou.objects.first() or ThankYou()}
    if gift and own:
        returned.follow(gift, now)
        context |= _details(gift, now)
    context["shared"] = _shared(gift if own else None)
    waits = now.state == "confirming" or (own and now.state == "paid" and not context["receipt"])
    wait = _refresh_after(gift) if gift and waits else 0
    answer = render(request, "donations/thanks.html", {**context, "looks_again": wait})
    if wait:
        answer["Refresh"] = str(wait)  # the same address: with and without a script, and no entry in the history
    answer["Referrer-Policy"] = "no-referrer"  # this address names a payment
    return answer


def _refresh_after(gift: Gift) -> int:
    """Seconds until the page refreshes, the longer the more time has passed (back-off); 0 after a day."""
    passed = (timezone.now() - gift.created_at).total_seconds()
    return 0 if passed > GIVES_UP else round(min(max(passed / 20, 3), SLOWEST))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def address(request: HttpRequest, reference: str) -> HttpResponse:
    """View: correct a mistyped address, by the browser that made the gift, for a day."""
    gift = Gift.objects.filter(reference=reference).first() if reference in browser_cookie.references(request) else None
    if gift is None:
        raise Http404
    form = AddressForm(request.POST or None)
    open_yet = addresses.may_correct(gift)
    if request.method == "POST" and open_yet and form.is_valid():
        try:
            addresses.correct(gift, form.cleaned_data["email"])
        except addresses.CannotError:  # a second tab was faster
            open_yet = False
        else:
            answer = redirect(f"{reverse('donations:thanks')}?session={gift.session_id}")
            answer.status_code = 303
            return answer
    context = {"form": form, "gift": gift, "to": moving.veiled(gift.email), "open": open_yet}
    return render(request, "donations/address.html", context)


def _details(gift: Gift, now: gift_status.GiftStatus) -> dict[str, Any]:
    """What the browser that made the gift may see of it."""
    next_payment = _next_payment(gift, now)
    return {
        **_road(gift, next_payment),
        "gift": gift,
        "name": names.greeting(gift.name or now.name),
        "again": appeals.page_of(gift),
        "total": money.exact(gift.total, gift.currency),
        "cover": money.exact(gift.fee_cover, gift.currency) if gift.fee_cover else "",
        "url": now.url,
        "to": moving.veiled(gift.email),
        "receipt": gift.receipts.order_by("-id").first() if gift.status == Gift.Status.PAID else None,
        "next_payment": next_payment,
        "dedication": Dedication.objects.filter(gift=gift).first(),
        "corrected": gift.address_changes.exists(),
        "correctable": now.state in GOOD and addresses.may_correct(gift),
    }


def _next_payment(gift: Gift, now: gift_status.GiftStatus) -> datetime | None:
    """The next payment of a gift that repeats (UTC): as its plan says; before there is one, as Stripe or the calendar
    does. None where nothing more is taken.
    """
    if not gift.repeats:
        return None
    return plan_letters.next_payment(gift.plan) if gift.plan else now.next_payment or months.second(gift)


def _road(gift: Gift, next_payment: datetime | None) -> dict[str, Any]:
    """The drawn road: a year long, it begins with this gift, and the next payment stands on it (shares of the way).
    What else this address gave is not for whoever typed it: D-153.
    """
    day_of = Organisation.load().day_of
    given = day_of(gift.paid_at or gift.created_at)
    ahead = [min(1.0, (day_of(next_payment) - given) / A_YEAR)] if next_payment else []
    return {"given": given, "beginning": [0.0], "ahead": ahead}


def _shared(gift: Gift | None) -> str:
    """The address to tell somebody: of the gift's campaign, else of the front page. It names nobody and no gift."""
    campaign = gift.campaign if gift else None
    return settings.BASE_URL + (campaign.get_absolute_url() if campaign and campaign.live else here("/"))
