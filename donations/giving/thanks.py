"""Where Stripe leads people back to: what happened and what comes next; and the one thing to put right there."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations import money
from donations.giving import addresses, keepsake, standing
from donations.models import Dedication, Gift
from foundation.doors.guard import GuardedForm, address_field
from foundation.organisation.zone import on_our_calendar
from supporters import moving

GOOD = ("paid", "pending", "confirming")  # the donor has done their part
SLOWEST = 60  # seconds between two looks of a page that waits; it begins with three
GIVES_UP = 24 * 3600  # seconds after which it looks no more by itself: the letter has come, or will


class AddressForm(GuardedForm):
    """For the browser that the gift came from."""

    email = address_field("", gettext_lazy("The right e-mail address"))


@require_safe
@never_cache
@on_our_calendar
def thanks(request: HttpRequest) -> HttpResponse:
    """Says what is true; shows details only to the browser the gift came from. For that one alone Stripe is asked,
    once and not for long, and nothing is written. Where nobody could say, the page looks again by itself.
    """
    session = request.GET.get("session", "")[:120]
    gift = Gift.objects.filter(session_id=session).first() if session and "\0" not in session else None
    own = gift is not None and gift.reference in keepsake.references(request)
    now = standing.of(gift, own)
    context: dict[str, Any] = {"state": now.state}
    if gift and own:
        context |= _details(gift, now)
    wait = _look_again(gift) if gift and now.state == "confirming" else 0
    answer = render(request, "donations/thanks.html", {**context, "looks_again": wait})
    if wait:
        answer["Refresh"] = str(wait)  # the same address: with and without a script, and no entry in the history
    answer["Referrer-Policy"] = "no-referrer"  # this address names a payment
    return answer


def _look_again(gift: Gift) -> int:
    """Seconds until the page is loaded again, the longer the more time has passed; 0 when it has looked for a day."""
    passed = (timezone.now() - gift.created_at).total_seconds()
    return 0 if passed > GIVES_UP else round(min(max(passed / 20, 3), SLOWEST))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def address(request: HttpRequest, reference: str) -> HttpResponse:
    """A mistyped address, put right by the browser that the gift came from, for a day."""
    gift = Gift.objects.filter(reference=reference).first() if reference in keepsake.references(request) else None
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


def _details(gift: Gift, now: standing.Standing) -> dict[str, Any]:
    """What the browser that the gift came from may see of it."""
    plan = gift.plan
    return {
        "gift": gift,
        "total": money.exact(gift.total, gift.currency),
        "cover": money.exact(gift.fee_cover, gift.currency) if gift.fee_cover else "",
        "url": now.url,
        "to": moving.veiled(gift.email),
        "receipt": gift.receipts.order_by("-id").first() if gift.status == Gift.Status.PAID else None,
        "next_payment": plan.current_period_end if plan else None,
        "dedication": Dedication.objects.filter(gift=gift).first(),
        "corrected": gift.address_changes.exists(),
        "correctable": now.state in GOOD and addresses.may_correct(gift),
    }
