"""Change the card of a monthly gift, by the link in a letter: one button, which leads to Stripe's customer portal."""

import logging
from typing import cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations import money
from donations.letters import plan_letters
from donations.models import Plan
from donations.monthly import changes
from donations.my import sentences
from donations.stripe import answers
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from foundation.access import tokens
from foundation.organisation import clone_guard
from foundation.organisation.zone import on_our_calendar

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@on_our_calendar
def card(request: HttpRequest, token: str) -> HttpResponse:
    """View of the link in a dunning letter: one button, to Stripe's own page. An expired link can be renewed."""
    to_stripe = csp_update({"form-action": ["'self'", *settings.STRIPE_PAGE_ORIGINS]})
    return cast(HttpResponse, to_stripe(lambda request: _card(request, token))(request))


def _card(request: HttpRequest, token: str) -> HttpResponse:
    link = tokens.find(token, plan_letters.CARD, expired_too=True)
    plan = Plan.objects.filter(subscription_id=link.subject).first() if link else None
    if link is None or plan is None or plan.status == Plan.Status.ENDED:
        return render(
            request, "donations/card.html", {"state": "ended" if plan else "unknown", "plan": plan}, status=404
        )
    if tokens.find(token, plan_letters.CARD) is None:
        if request.method == "POST":
            plan_letters.new_card_link(plan)
        state = "sent" if request.method == "POST" else "old"
        return render(request, "donations/card.html", {"state": state}, status=200 if state == "sent" else 404)
    context = {
        "state": "open",
        "plan": plan,
        "total": money.exact(plan.total, plan.currency),
        "says": sentences.card(plan),
    }
    if request.method != "POST":
        return render(request, "donations/card.html", context)
    try:
        back = settings.BASE_URL + reverse("donations:card_done")
        page = changes.card_page(plan, back, f"{back}?card=saved")
    except changes.CannotError as error:
        plan.refresh_from_db()
        state = "ended" if plan.status == Plan.Status.ENDED else "open"
        return render(request, "donations/card.html", {**context, "state": state, "why": error}, status=404)
    except (StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError) as error:
        log.warning("no card page for %s: %s", plan.subscription_id, error)
        why = answers.say(error, "monthly gift", _("Nothing was changed."))
        return render(request, "donations/card.html", {**context, "why": why}, status=503)
    return HttpResponseRedirect(page, status=303)


@require_safe
@never_cache
def card_done(request: HttpRequest) -> HttpResponse:
    """Return URL of Stripe's page for the card. There is one for either: a card was saved there, or it was left."""
    state = "saved" if request.GET.get("card") == "saved" else "kept"
    return render(request, "donations/card.html", {"state": state})
