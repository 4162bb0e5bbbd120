"""A page with the giving form: shown as the link asks for, taken, led to Stripe, or shown again with all values."""

import logging
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations import money
from donations.card_testing import breaker, doubts
from donations.giving import appeals, checkout, choices, gifts, keepsake, ladder, other_pages, retyped, step_up
from donations.giving.appeals import Appeal
from donations.giving.forms import GiveForm
from donations.giving.retyped import Refused
from donations.letters import dedications
from donations.models import Currency, Gift
from donations.models.gifts import Frequency
from donations.stripe import answers
from donations.stripe.errors import StripeIsDownError, StripeRefusedError, TooOftenError
from foundation.doors import address, guard
from foundation.drawing import share_answer
from foundation.organisation import home
from foundation.organisation.models import Organisation
from supporters import subscribing

CARD, MONTHLY = "card", "monthly"  # buttons that show the form again: a look at the card, the suggestion taken
INTO = "into"  # the buttons with another currency
log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def give(request: HttpRequest) -> HttpResponse:
    """The giving page."""
    return answer(request, appeals.everything())


@require_safe
def share(request: HttpRequest) -> HttpResponse:
    """The picture that other sites show with a link to the giving page."""
    return share_answer.answer(request, _("Give"), Organisation.load().name)


def answer(request: HttpRequest, appeal: Appeal) -> HttpResponse:
    """GET shows, POST takes. These answers alone let a form lead to Stripe: Chromium looks at where a redirect ends."""
    to_stripe = csp_update({"form-action": settings.STRIPE_PAGE_ORIGINS})
    act = _take if request.method == "POST" else _ask
    return cast(HttpResponse, to_stripe(lambda request: act(request, appeal))(request))


def _ask(request: HttpRequest, appeal: Appeal) -> HttpResponse:
    """The empty form, or the one that was left half way. Only the link that led here chooses how often."""
    typed = retyped.typed(request)
    if typed:
        shown, form = _again(request, appeal, typed.data)
        if form and not shown and typed.refused:
            form.add_error(typed.refused.field, typed.refused.words)
            shown = _page(request, appeal, form)
        if shown:
            return shown
    currency = choices.currency(appeal, request.GET.get("currency", ""))
    if currency is None:
        return render(request, "donations/closed.html", status=503)
    back = choices.left_at_stripe(request)
    before = back or choices.left_half_way(request, appeal)
    if before:
        currency = choices.currency(appeal, before.currency) or currency
    chosen = choices.of(before, currency) if before else choices.linked(request.GET, currency)
    given = keepsake.given(request)
    chosen["told"] = given.reference if given else ""
    if before:
        chosen["opened"] = guard.stamp(asked=True)
    chosen.setdefault("attempt", keepsake.attempt(request))
    form = GiveForm(initial=chosen, currency=currency, fund=appeal.fund)
    answer = _page(request, appeal, form, nothing_charged=back is not None, before=before, given=given)
    keepsake.hold(answer, request, chosen["attempt"])
    return answer


def _take(request: HttpRequest, appeal: Appeal) -> HttpResponse:
    """A sent form: to Stripe with a 303, or the form again with all that was typed."""
    shown, form = _again(request, appeal, request.POST)
    if form is None:
        return cast(HttpResponse, shown)
    if shown:
        return retyped.aside(request, appeal.path, form) or shown
    return _begin(request, appeal, form, form.wish(appeal))


def _again(request: HttpRequest, appeal: Appeal, data: QueryDict) -> tuple[HttpResponse | None, GiveForm | None]:
    """The page that shows a filled form again, and the form; no page when it can be sent, no form when none is open."""
    into = data.get(INTO, "")
    currency = choices.currency(appeal, into or data.get("currency", ""))
    if currency is None:
        return render(request, "donations/closed.html", status=503), None
    form = GiveForm(data, currency=currency, fund=appeal.fund)
    valid, step = form.is_valid(), data.get("step")
    if into:
        return _page(request, appeal, _in_its_currency(form)), form
    if step == CARD:
        form.keep_errors(GiveForm.PARTS)
        tribute = None if form.errors else form.tribute_written()
        written = dedications.look(tribute) if tribute else None
        return _page(request, appeal, form, card=tribute, card_written=written, lands=CARD), form
    if step == MONTHLY:
        return _page(request, appeal, form, turned=_turn_monthly(form)), form
    if not valid:
        return _page(request, appeal, form), form
    given = _given_before(request, form.wish(appeal))
    if given and form.cleaned_data["told"] != given.reference:
        form.retype(told=given.reference, attempt=gifts.new_attempt())
        return _page(request, appeal, form, given=given, asked=True), form
    return None, form


def _begin(request: HttpRequest, appeal: Appeal, form: GiveForm, wish: gifts.Wish) -> HttpResponse:
    """A row, then Stripe's page; or what this browser has to do or to wait for before."""
    block, known = address.block(address.of(request)), keepsake.references(request)
    by_mail = request.POST.get("step") == step_up.MAIL
    try:
        vouched = not by_mail and doubts.vouched(request.POST.get("proof", ""), wish.attempt, block, known)
        gift = gifts.begin(wish, block, known, vouched=vouched, hold=by_mail)
        if form.cleaned_data["letters"]:
            subscribing.ask_beside(wish.email, form.wording, appeal.path)
        if by_mail:
            return step_up.mail(gift, block)
    except doubts.DoubtError as doubt:
        if doubt.reason:
            breaker.trip(doubt.reason)
        return step_up.ask(request, wish.attempt, appeal.path)
    except gifts.TooOftenError:
        words = _("Many gifts were begun from your connection. Please wait ten minutes and send this again.")
        return _refuse(request, appeal, form, Refused(words), 429, gifts.WAIT)
    except gifts.TooManyCardsError:
        words = _("Several cards were refused one after the other. Please wait an hour and send this again.")
        return _refuse(request, appeal, form, Refused(words), 429, 3600)
    return _lead_to_stripe(request, appeal, form, gift)


def _refuse(
    request: HttpRequest, appeal: Appeal, form: GiveForm, why: Refused, status: int = 200, seconds: int = 0
) -> HttpResponse:
    """The form again, though nothing in it need be wrong. Where it is the answer itself, it says when to try again."""
    form.add_error(why.field, why.words)
    answer = retyped.aside(request, appeal.path, form, why)
    if answer is None:
        answer = _page(request, appeal, form, status=status)
        if seconds:
            answer["Retry-After"] = str(seconds)
    return answer


def _given_before(request: HttpRequest, wish: gifts.Wish) -> Gift | None:
    """What this browser gave lately, unless this is the very form that it was given with: that leads to its thanks."""
    given = keepsake.given(request)
    begun = keepsake.begun(request)
    if begun and (given is None or begun.pk > given.pk) and checkout.is_given(begun):
        given = begun  # Stripe has the money; its event is still on the way to us
    return given if given and given.attempt_key != wish.key else None


def _in_its_currency(form: GiveForm) -> GiveForm:
    """All that was typed, without the sums: the same number is another sum in another currency."""
    form.keep_errors(())
    form.retype(currency=form.money_of.code, other="", **choices.second_rungs(form.money_of))
    return form


def _turn_monthly(form: GiveForm) -> str:
    """Choose, in the form that is shown again, a third of the single gift every month. Returns that sum for people."""
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
    except (StripeIsDownError, StripeRefusedError, home.NotAtHomeError) as error:
        return _not_led(request, appeal, form, gift, error)
    keepsake.remember(answer, request, gift)
    retyped.forget(answer)
    return answer


def _not_led(request: HttpRequest, appeal: Appeal, form: GiveForm, gift: Gift, error: answers.Trouble) -> HttpResponse:
    """The form again, with what is true. Only a refusal of the amount speaks of the amount."""
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


def _page(request: HttpRequest, appeal: Appeal, form: GiveForm, status: int = 200, **more: Any) -> HttpResponse:
    """`more` is what has just happened: a gift left half way or given before, a card to look at; and the fragment at
    which the page `lands` where that is not the beginning of the form.
    """
    currency = form.money_of
    costs = ladder.costs(currency)
    given = more.get("given") or keepsake.given(request)
    context: dict[str, Any] = {
        **appeal.about,
        **more,
        "appeal": appeal,
        "form": form,
        "currency": currency,
        "currencies": [] if appeal.currency else Currency.objects.shown(),
        "decimals": money.decimals(currency.code),
        "exponent": money.exponent(currency.code),
        "commas": money.comma_groups(currency.code),
        "signs": " ".join(money.signs(currency.code)),
        "step": money.step(currency.code),
        "sign": money.sign(currency.code),
        "locale": get_language(),
        "monthly": ladder.rungs(form["amount_monthly"], currency, Frequency.MONTHLY, costs),
        "once": ladder.rungs(form["amount_once"], currency, Frequency.ONCE, costs),
        "costs": costs,
        "given": given,
        "given_sum": money.short(given.total, given.currency) if given else "",
        "suggest": given is None,
    }
    if currency.offers_fee_cover:
        context |= {
            "percent": f"{(currency.fee_basis_points or 0) / 100:g}",
            "fixed": money.show(currency.fee_fixed or 0, currency.code),
            "fees": {each: ladder.fees(currency, each) for each in Frequency.values},
        }
    return render(request, appeal.template, context, status=status)
