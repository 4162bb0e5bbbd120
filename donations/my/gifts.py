"""Views of a supporter's giving on My page: change a monthly or yearly gift, download a receipt or a statement."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from donations.letters import papers, plan_letters, statements
from donations.models import Gift, Plan, Receipt, months
from donations.monthly import changes
from donations.monthly.forms import AmountForm, PauseForm
from donations.my import own_gifts
from donations.stripe import answers
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from foundation.organisation import clone_guard
from supporters import visits
from supporters.my import page_with_form

ONCE = timedelta(days=7)  # so long somebody who meant to give once can still say so
TROUBLE = (StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError, changes.CannotError)
log = logging.getLogger(__name__)


def may_stop(plan: Plan) -> bool:
    """Until Stripe says that it is over. An end that was set at Stripe lets the months before it be charged."""
    return plan.status != Plan.Status.ENDED and not (plan.cancel_at and plan.status == Plan.Status.PAUSED)


def may_change(plan: Plan) -> bool:
    return plan.status != Plan.Status.ENDED and plan.cancel_at is None


def may_pause(plan: Plan) -> bool:
    return may_change(plan) and plan.can_rest


def may_skip(plan: Plan) -> bool:
    return may_pause(plan) and plan.status == Plan.Status.ACTIVE and bool(months.rests(plan))


def may_resume(plan: Plan) -> bool:
    return may_change(plan) and plan.status == Plan.Status.PAUSED


def may_undo(plan: Plan) -> bool:
    return plan.status != Plan.Status.ENDED and plan.cancel_at is not None


def meant_once(plan: Plan) -> bool:
    """Whether it was perhaps a mistake: in its first week, after one payment."""
    young = plan.started_at > timezone.now() - ONCE
    return young and plan.status != Plan.Status.ENDED and plan.gifts.paid().count() <= 1


# Actions without a form: when it is allowed, and the change. Each is done at Stripe first.
PRESSES: dict[str, tuple[Callable[[Plan], bool], Callable[[Plan], Plan]]] = {
    "resume": (may_resume, changes.resume),
    "stop": (may_stop, changes.stop),
    "undo": (may_undo, changes.undo_stop),
    "once": (meant_once, changes.end),
}
# Actions with a form: when it is allowed, the form, and the change.
FORMS: dict[str, tuple[Callable[[Plan], bool], type[Any], Callable[..., Plan]]] = {
    "amount": (may_change, AmountForm, changes.change_amount),
    "pause": (may_pause, PauseForm, changes.pause),
    "skip": (may_skip, PauseForm, changes.pause),  # until when is sent along: the payment that the page named
}


@page_with_form
@visits.required
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Page of one monthly or yearly gift, with everything that can be done with it."""
    mine = _mine(request, pk)
    if request.method != "POST":
        return _page(request, mine)
    does = request.POST.get("does", "")
    if does in FORMS:
        return _filled(request, mine, does)
    may, change = PRESSES.get(does, (lambda plan: False, changes.refresh))
    if not may(mine):
        return _page(request, mine, status=409, why=_("This is not possible now. Here is how it stands."))
    return _done(request, mine, does, lambda: change(mine))


@page_with_form
@visits.required
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect (POST) to Stripe's own page for the card. A GET of this address leads back."""
    mine = _mine(request, pk)
    if request.method != "POST" or mine.status == Plan.Status.ENDED:
        return redirect("donations:my_plan", pk=mine.pk)
    try:
        page = changes.card_page(mine, settings.BASE_URL + reverse("donations:my_plan", args=[mine.pk]))
    except TROUBLE as error:
        return _refused(request, mine, "card", error)
    return HttpResponseRedirect(page, status=303)


@require_POST
@visits.required
def unname(request: HttpRequest) -> HttpResponse:
    """Show one's name with no gift any more, on no campaign's page; later payments of a plan follow its first."""
    own_gifts.gifts_of(request.supporter).filter(name_public=True).update(name_public=False)  # type: ignore[attr-defined]
    return redirect(reverse("supporters:my") + "?done=unnamed")


@require_safe
@visits.required
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Download a receipt of one's own."""
    supporter = request.supporter  # type: ignore[attr-defined]
    found = Receipt.objects.filter(gift__supporter=supporter, label=number).first()
    if found is None:
        raise Http404
    return papers.receipt_file(found)


@require_safe
@visits.required
def statement(request: HttpRequest, year: int, kind: str) -> HttpResponse:
    """Download the statement of a year of one's own giving, as PDF or CSV."""
    supporter = request.supporter  # type: ignore[attr-defined]
    if kind not in ("pdf", "csv") or year not in statements.years(supporter.pk):
        raise Http404
    return papers.statement_file(supporter.pk, year, kind)


def _mine(request: HttpRequest, pk: int) -> Plan:
    """The supporter's own monthly gift; 404 for somebody else's."""
    found = Plan.objects.counted().filter(pk=pk, supporter=request.supporter).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _filled(request: HttpRequest, mine: Plan, does: str) -> HttpResponse:
    may, kind, change = FORMS[does]
    form = kind(request.POST, row=mine)
    if not may(mine):
        return _page(request, mine, status=409, why=_("This is not possible now. Here is how it stands."))
    if form.has_error("total", "same"):  # a double click, or nothing to do
        return redirect(reverse("donations:my_plan", args=[mine.pk]) + "?done=same")
    if not form.is_valid():
        return _page(request, mine, status=422, **{does: form})
    return _done(request, mine, does, lambda: change(mine, **form.cleaned_data))


def _done(request: HttpRequest, mine: Plan, does: str, change: Callable[[], Plan]) -> HttpResponse:
    try:
        with changes.changes(mine):
            change()
    except TROUBLE as error:
        return _refused(request, mine, does, error)
    return redirect(reverse("donations:my_plan", args=[mine.pk]) + f"?done={does}")


def _refused(request: HttpRequest, mine: Plan, does: str, error: answers.Trouble | changes.CannotError) -> HttpResponse:
    log.warning("%s of %s: %s", does, mine.subscription_id, error)
    mine.refresh_from_db()
    if isinstance(error, changes.CannotError):
        return _page(request, mine, status=409, why=str(error))
    return _page(request, mine, status=503, why=answers.say(error, "monthly gift", _("Nothing was changed.")))


def _page(request: HttpRequest, mine: Plan, status: int = 200, why: str = "", **forms_of: forms.Form) -> HttpResponse:
    to_stripe = csp_update({"form-action": ["'self'", *settings.STRIPE_PAGE_ORIGINS]})
    context = {
        "plan": mine,
        "next_on": plan_letters.next_payment(mine),
        "skips": next(iter(months.rests(mine)), None),
        "on_its_way": mine.gifts.filter(status=Gift.Status.PENDING).exists(),
        "payments": mine.gifts.paid().count(),
        "why": why,
        "done": request.GET.get("done", "") if request.method == "GET" else "",
        "amount_form": forms_of.get("amount") or AmountForm(row=mine),
        "pause_form": forms_of.get("pause") or forms_of.get("skip") or PauseForm(row=mine),
        "may": {name: may(mine) for name, (may, *_rest) in [*PRESSES.items(), *FORMS.items()]},
    }
    shown = to_stripe(lambda request: render(request, "donations/my_plan.html", context, status=status))
    return cast(HttpResponse, shown(request))
