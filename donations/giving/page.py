"""Views of the giving form: show it as the link asks, validate it, redirect to Stripe Checkout, or show it again."""

import logging
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations import money
from donations.card_testing import breaker, challenge_policy
from donations.giving import (
    appeals,
    browser_cookie,
    checkout,
    choices,
    form_cookie,
    gifts,
    ladder,
    other_pages,
    step_up,
    ways_to_pay,
)
from donations.giving.appeals import Appeal
from donations.giving.form_cookie import Refused
from donations.giving.forms import GiveForm
from donations.letters import dedications
from donations.models import Campaign, Gift, giving_words
from donations.models.frequency import Frequency
from donations.stripe import answers
from donations.stripe.errors import StripeIsDownError, StripeRefusedError, TooOftenError
from foundation.access import antispam, client_ip
from foundation.drawing import share_answer
from foundation.organisation import clone_guard
from foundation.organisation.models import Organisation
from supporters import subscribing

CARD, MONTHLY = "card", "monthly"  # buttons that show the form again: the card's preview, the suggestion
log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def give(request: HttpRequest) -> HttpResponse:
    """View of the giving page; a link that names a campaign leads on to that one's own page."""
    named = Campaign.objects.named(request.GET.get("campaign", "")) if request.method != "POST" else None
    if named:
        return redirect(named.get_absolute_url() + choices.link(request.GET))
    return answer(request, appeals.everything())


@require_safe
def share(request: HttpRequest) -> HttpResponse:
    """Open Graph image of the giving page, which other sites show with a link to it."""
    return share_answer.answer(request, _("Give"), Organisation.load().name)


def answer(request: HttpRequest, appeal: Appeal) -> HttpResponse:
    """Respond for one page with the giving form: GET shows it, POST sends it. Only these responses allow Stripe in the
    CSP's form-action: Chromium checks where a redirect ends.
    """
    to_stripe = csp_update({"form-action": settings.STRIPE_PAGE_ORIGINS})
    act = _post if request.method == "POST" else _get
    return cast(HttpResponse, to_stripe(lambda request: act(request, appeal))(request))


def _get(request: HttpRequest, appeal: Appeal) -> HttpResponse:
    """The empty form, or the one that was left half way. Only the link that led here chooses how often."""
    typed = form_cookie.typed(request, _action(request, appeal))
    if typed:
        shown, form = _again(request, appeal, typed.data)
        if form and not shown and typed.refused:
            form.add_error(typed.refused.field, typed.refused.words)
            shown = _page(request, appeal, form)
        if shown:
            return shown
    currency = choices.currency(appeal, *choices.codes(request))
    if currency is None:
        return render(request, "donations/closed.html", status=503)
    back = choices.left_at_stripe(request)
    before = back or choices.left_half_way(request, appeal)
    paid = checkout.is_given(before, looking=True) if before else None
    given = before if paid else browser_cookie.given(request)
    if before and not paid:
        currency = choices.currency(appeal, before.currency) or currency
        chosen = {**choices.of(before, currency), "opened": antispam.stamp(asked=True, near=before.email)}
    else:
        chosen = choices.linked(request.GET, currency)
        chosen["attempt"] = gifts.new_attempt() if paid else browser_cookie.attempt(request)
    chosen["told"] = given.reference if given else ""
    form = GiveForm(initial=chosen, currency=currency, fund=appeal.fund)
    unpaid = back is not None and paid is False
    answer = _page(request, appeal, form, nothing_charged=unpaid, before=None if paid else before, given=given)
    browser_cookie.hold(answer, request, chosen["attempt"])
    return answer


def _post(request: HttpRequest, appeal: Appeal) -> HttpResponse:
    """A sent form: redirect to Stripe (303), or the form again with all that was typed."""
    shown, form = _again(request, appeal, request.POST)
    if form is None:
        return cast(HttpResponse, shown)
    if shown:
        again = form_cookie.aside(request, _action(request, appeal), form) or shown
        if choices.changes_currency(request.POST) and not appeal.currency:
            browser_cookie.choose(again, request, form.money_of.code)
        return again
    return _begin(request, appeal, form, form.gift_request(appeal))


def _again(request: HttpRequest, appeal: Appeal, data: QueryDict) -> tuple[HttpResponse | None, GiveForm | None]:
    """Validate a form. Returns the page that shows it again, unless it can be sent, and the form, if one is open."""
    currency = choices.currency(appeal, data.get(choices.INTO, ""), data.get("currency", ""))
    if currency is None:
        return render(request, "donations/closed.html", status=503), None
    asked = choices.changes_currency(data)
    moved = asked or data.get("currency") != currency.code  # else: staff took the form's currency back meanwhile
    if moved:
        data = choices.in_another_currency(data, currency)
    form = GiveForm(data, currency=currency, fund=appeal.fund)
    valid, step = form.is_valid(), data.get("step")
    if moved:
        form.keep_errors(("other",))
        return _page(request, appeal, form, moved=True, not_asked=not asked), form
    if step == CARD:
        form.keep_errors(GiveForm.PARTS)
        tribute = None if form.errors else form.tribute_written()
        written = dedications.preview(tribute) if tribute else None
        return _page(request, appeal, form, card=tribute, card_written=written, lands=CARD), form
    if step == MONTHLY:
        return _page(request, appeal, form, turned=_turn_monthly(form)), form
    if not valid:
        return _page(request, appeal, form), form
    gift_request = form.gift_request(appeal)
    given = _given_before(request, gift_request)
    if given and form.cleaned_data["told"] != given.reference:
        form.begin_anew(told=given.reference)
        return _page(request, appeal, form, given=given, asked=True), form
    if gifts.gave(gift_request):  # in another browser, or one that lost its cookie
        form.begin_anew()
        form.add_error(None, _("A gift was given with this form already. To give one more, please send it once more."))
        return _page(request, appeal, form), form
    return None, form


def _begin(request: HttpRequest, appeal: Appeal, form: GiveForm, gift_request: gifts.GiftRequest) -> HttpResponse:
    """Create the gift, then redirect to Stripe; or show what this browser has to do or to wait for before."""
    block, known = client_ip.block(client_ip.of(request)), browser_cookie.references(request)
    by_mail = request.POST.get("step") == step_up.MAIL
    try:
        with transaction.atomic():  # a proof is not spent on what is refused
            wanted = not by_mail and not gifts.is_under_way(gift_request, known)
            vouched = wanted and challenge_policy.has_proof(
                request.POST.get("proof", ""), gift_request.attempt, gift_request.sender(block, known)
            )
            gift = gifts.begin(gift_request, block, known, vouched=vouched, hold=by_mail)
        if form.cleaned_data["letters"]:
            subscribing.mail_confirmation_beside(gift_request.email, form.wording, appeal.path)
        if by_mail:
            return step_up.mail(gift, block)
    except challenge_policy.ProofRequiredError as doubt:
        if doubt.reason:
            breaker.trip(doubt.reason)
        return step_up.challenge_page(request, gift_request.attempt, _action(request, appeal))
    except (gifts.TooOftenError, gifts.FormGaveError):  # the second: it was given in the moment between
        words = _("Many gifts were begun from your connection. Please wait ten minutes and send this again.")
        return _refuse(request, appeal, form, Refused(words), 429, gifts.WAIT)
    except gifts.TooManyCardsError:
        words = _("Several cards were refused one after the other. Please wait an hour and send this again.")
        return _refuse(request, appeal, form, Refused(words), 429, 3600)
    return _lead_to_stripe(request, appeal, form, gift)


def _refuse(
    request: HttpRequest, appeal: Appeal, form: GiveForm, why: Refused, status: int = 200, seconds: int = 0
) -> HttpResponse:
    """Show the form again, though nothing in it need be wrong; as the response itself with Retry-After (seconds)."""
    form.add_error(why.field, why.words)
    answer = form_cookie.aside(request, _action(request, appeal), form, why)
    if answer is None:
        answer = _page(request, appeal, form, status=status)
        if seconds:
            answer["Retry-After"] = str(seconds)
    return answer


def _given_before(request: HttpRequest, gift_request: gifts.GiftRequest) -> Gift | None:
    """What this browser gave lately, unless this is the very form that it was given with: that leads to its thanks."""
    given = browser_cookie.given(request)
    begun = browser_cookie.begun(request)
    if begun and begun.attempt_key == gift_request.key:
        begun = None  # its own page says whether it is paid: Stripe need not be asked
    if begun and (given is None or begun.pk > given.pk) and checkout.is_given(begun):
        given = begun  # Stripe has the money; its event is still on the way to us
    return given if given and given.attempt_key != gift_request.key else None


def _turn_monthly(form: GiveForm) -> str:
    """Choose, in the form that is shown again, a third of the single gift every month. Returns that sum as text."""
    currency = form.money_of
    instead = currency.monthly_instead(form.cleaned_data.get("amount", 0))
    form.keep_errors(())
    if not instead:
        return ""
    form.retype(frequency=Frequency.MONTHLY, **choices.marked(instead, currency, Frequency.MONTHLY))
    return money.short(instead, currency.code)


def _lead_to_stripe(request: HttpRequest, appeal: Appeal, form: GiveForm, gift: Gift) -> HttpResponse:
    answer: HttpResponse
    try:
        answer = HttpResponseRedirect(checkout.start(gift), status=303)
        other_pages.close(gift)
    except checkout.AlreadyGivenError:
        answer = redirect(f"{reverse('donations:thanks')}?session={gift.session_id}")
    except (StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError) as error:
        return _not_led(request, appeal, form, gift, error)
    browser_cookie.remember(answer, request, gift, choices.link(request.GET))
    form_cookie.forget(answer)
    return answer


def _not_led(request: HttpRequest, appeal: Appeal, form: GiveForm, gift: Gift, error: answers.Trouble) -> HttpResponse:
    """Show the form again after Stripe failed, with what is true. Only a refusal of the amount speaks of the amount."""
    log.warning("gift %s not begun: %s", gift.reference, error)
    if isinstance(error, StripeRefusedError) and error.param == "customer_email":
        why = Refused(_("Stripe does not take this address. Please look at it again."), "email")
        return _refuse(request, appeal, form, why)
    why = Refused(answers.say(error, "gift", _("Nothing was charged.")))
    if isinstance(error, StripeRefusedError) and error.is_about_the_amount:
        return _refuse(request, appeal, form, why)
    if isinstance(error, TooOftenError):
        return _refuse(request, appeal, form, why, 429, gifts.WAIT)
    return _refuse(request, appeal, form, why, 503, 60)


def _action(request: HttpRequest, appeal: Appeal) -> str:
    """Where the form is sent: with what its link asked for, so that the same link finds it again."""
    return appeal.path + choices.link(request.GET)


def _page(request: HttpRequest, appeal: Appeal, form: GiveForm, status: int = 200, **more: Any) -> HttpResponse:
    """Render the form. `more` is what has just happened: a gift left half way or given before, a card to preview; and
    the fragment at which the page `lands` where that is not the beginning of the form.
    """
    currency = form.money_of
    costs = ladder.costs(currency)
    given = more.get("given") or browser_cookie.given(request)
    context: dict[str, Any] = {
        **appeal.about,
        **giving_words.shown(),
        **more,
        "appeal": appeal,
        "action": _action(request, appeal),
        "form": form,
        "currency": currency,
        "currencies": appeal.currencies.values(),
        "decimals": money.decimals(currency.code),
        "exponent": money.exponent(currency.code),
        "groups": money.groups(currency.code),
        "lakhs": currency.code in money.LAKHS,
        "signs": " ".join(money.signs(currency.code)),
        "step": money.step(currency.code),
        "sign": money.sign(currency.code),
        "locale": get_language(),
        **{each: ladder.rungs(form[f"amount_{each}"], currency, each, costs) for each in currency.frequencies},
        "costs": costs,
        "given": given,
        "given_sum": money.short(given.total, given.currency) if given else "",
        "suggest": given is None,
        "ways_to_pay": ways_to_pay.sentence(currency.code),
    }
    if currency.offers_fee_cover:
        context |= {
            "percent": f"{(currency.fee_basis_points or 0) / 100:g}",
            "fixed": money.show(currency.fee_fixed or 0, currency.code),
            "fees": {each: ladder.fees(form, each) for each in currency.frequencies},
        }
    return render(request, appeal.template, context, status=status)
