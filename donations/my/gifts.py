"""Views of a supporter's giving on My page: change a monthly or yearly gift, download a receipt or a statement."""

import logging
from typing import Any, cast

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from donations.letters import papers, plan_letters, statements
from donations.models import Gift, Plan, Receipt, months
from donations.monthly import changes
from donations.monthly.forms import AmountForm, PauseForm
from donations.my import acts, own_gifts
from donations.stripe import answers
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from foundation.organisation import clone_guard
from supporters import visits
from supporters.my import page_with_form

TROUBLE = (StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError, changes.CannotError)
log = logging.getLogger(__name__)


@page_with_form
@visits.required
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Page of one monthly or yearly gift, with everything that can be done with it."""
    mine = _mine(request, pk)
    if request.method != "POST":
        return _page(request, mine)
    does = request.POST.get("does", "")
    act = acts.ACTS.get(does)
    if act is None:
        return _page(request, mine, status=409, why=_("This is not possible now. Here is how it stands."))
    form = act.form(request.POST, row=mine) if act.form else None
    chosen = form.cleaned_data if form and form.is_valid() else {}
    same = form is not None and form.has_error("total", "same")
    if same or ((form is None or chosen) and act.stands(mine, **chosen)):  # a double click, or nothing to do
        return redirect(_of(mine) + f"?done={act.again}")
    if not act.may(mine):
        return _page(request, mine, status=409, why=_("This is not possible now. Here is how it stands."))
    if form is not None and not chosen:
        return _page(request, mine, status=422, **{does: form})
    words = act.says(mine, **chosen)
    if request.POST.get("read") != acts.read(words):
        return _ask(request, mine, does, words)
    return _done(request, mine, does, chosen)


@page_with_form
@visits.required
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect (POST) to Stripe's own page for the card. A GET of this address leads back."""
    mine = _mine(request, pk)
    if request.method != "POST" or mine.status == Plan.Status.ENDED:
        return redirect("donations:my_plan", pk=mine.pk)
    try:
        back = settings.BASE_URL + _of(mine)
        page = changes.card_page(mine, f"{back}?done=card-kept", f"{back}?done=card")
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


def _of(mine: Plan) -> str:
    return reverse("donations:my_plan", args=[mine.pk])


def _ask(request: HttpRequest, mine: Plan, does: str, words: str) -> HttpResponse:
    """The page that says in a sentence what happens, and has one button for it. Sent twice, it is the same page."""
    act = acts.ACTS[does]
    filled = {name: request.POST.get(name, "") for name in (act.form.base_fields if act.form else ())}
    filled |= {"does": does, "read": acts.read(words)}
    return render(request, "donations/my_sure.html", {"plan": mine, "act": act, "words": words, "filled": filled})


def _done(request: HttpRequest, mine: Plan, does: str, chosen: dict[str, Any]) -> HttpResponse:
    act = acts.ACTS[does]
    try:
        with changes.changes(mine):
            act.change(mine, **chosen)
    except TROUBLE as error:
        mine.refresh_from_db()
        lost = isinstance(error, StripeIsDownError) and error.may_be_done
        if not (lost and act.stands(mine, **chosen)):  # else it was done, and the answer alone was lost
            return _refused(request, mine, does, error)
    return redirect(_of(mine) + f"?done={does}")


def _refused(request: HttpRequest, mine: Plan, does: str, error: answers.Trouble | changes.CannotError) -> HttpResponse:
    log.warning("%s of %s: %s", does, mine.subscription_id, error)
    mine.refresh_from_db()
    if does == "once" and acts.made_single(mine):  # the other click of two was first
        return redirect(_of(mine) + "?done=single")
    if isinstance(error, changes.CannotError):
        return _page(request, mine, status=409, why=str(error))
    return _page(request, mine, status=503, why=answers.say(error, "monthly gift", _("Nothing was changed.")))


def _page(request: HttpRequest, mine: Plan, status: int = 200, why: str = "", **forms_of: forms.Form) -> HttpResponse:
    to_stripe = csp_update({"form-action": ["'self'", *settings.STRIPE_PAGE_ORIGINS]})
    rests = months.rests(mine)[:3]
    done = request.GET.get("done", "") if request.method == "GET" else ""
    context = {
        "plan": mine,
        "single": acts.made_single(mine),
        "once_until": acts.once_until(mine),
        "next_on": plan_letters.next_payment(mine),
        "one": rests[0] if rests else None,
        "three": rests[2] if rests else None,
        "says": acts.shown(mine),
        "on_its_way": mine.gifts.filter(status=Gift.Status.PENDING).exists(),
        "payments": mine.gifts.paid().count(),
        "why": why,
        "done": done,
        "confirmed": done in (*acts.ACTS, "card"),
        "amount_form": forms_of.get("amount") or AmountForm(row=mine),
        "pause_form": forms_of.get("pause") or forms_of.get("skip") or PauseForm(row=mine),
        "may": {name: act.may(mine) for name, act in acts.ACTS.items()},
    }
    shown = to_stripe(lambda request: render(request, "donations/my_plan.html", context, status=status))
    return cast(HttpResponse, shown(request))
