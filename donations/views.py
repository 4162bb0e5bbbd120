"""The pages of giving: the form, the thanks with the truth, and the door for Stripe's webhooks."""

import logging
from typing import cast

from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from donations import appeals, gateway, giving_page, inbox, money, plan_letters, steering, troubles
from donations.models import Plan
from foundation.doors import links
from foundation.drawing import share_answer
from foundation.organisation import home
from foundation.organisation.models import Organisation

log = logging.getLogger(__name__)
RETRY_AFTER = 60  # seconds until whoever sends a webhook may try again


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def give(request: HttpRequest) -> HttpResponse:
    """The giving page."""
    return giving_page.answer(request, appeals.everything())


@require_safe
def share(request: HttpRequest) -> HttpResponse:
    """The picture that other sites show with a link to the giving page."""
    return share_answer.answer(request, _("Give"), Organisation.load().name)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def card(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in a letter about a failed payment: one button, which leads to Stripe's own page."""
    to_stripe = csp_update({"form-action": ["'self'", *settings.STRIPE_PAGE_ORIGINS]})
    return cast(HttpResponse, to_stripe(lambda request: _card(request, token))(request))


def _card(request: HttpRequest, token: str) -> HttpResponse:
    link = links.find(token, plan_letters.CARD, expired_too=True)
    plan = Plan.objects.filter(subscription_id=link.subject).first() if link else None
    if link is None or plan is None or plan.status == Plan.Status.ENDED:
        return render(request, "donations/card.html", {"state": "ended" if plan else "unknown"}, status=404)
    if links.find(token, plan_letters.CARD) is None:
        if request.method == "POST":
            plan_letters.new_card_link(plan)
        state = "sent" if request.method == "POST" else "old"
        return render(request, "donations/card.html", {"state": state}, status=200 if state == "sent" else 404)
    context = {"state": "open", "total": money.exact(plan.total, plan.currency)}
    if request.method != "POST":
        return render(request, "donations/card.html", context)
    try:
        page = steering.card_page(plan, settings.BASE_URL + reverse("donations:card_done"))
    except steering.CannotError as error:
        plan.refresh_from_db()
        state = "ended" if plan.status == Plan.Status.ENDED else "open"
        return render(request, "donations/card.html", {**context, "state": state, "why": error}, status=404)
    except (gateway.StripeIsDownError, gateway.StripeRefusedError, home.NotAtHomeError) as error:
        log.warning("no card page for %s: %s", plan.subscription_id, error)
        why = troubles.answer(error, "monthly gift", _("Nothing was changed."))
        return render(request, "donations/card.html", {**context, "why": why}, status=503)
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
    except (gateway.ForgedError, UnreadablePostError, ValueError, DataError) as error:  # the last: no text can hold it
        log.info("webhook refused: %s", error)
        return HttpResponse(status=400)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except (DatabaseError, OSError):  # away, locked, or no room: on its disk or on ours
        log.exception("webhook not kept")
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return HttpResponse(status=200)
