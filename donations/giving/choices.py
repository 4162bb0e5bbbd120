"""Initial values of the giving form: from the page, the link's query string, or a gift left at Stripe."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from donations import money
from donations.giving import appeals, browser_cookie, checkout
from donations.giving.appeals import Appeal
from donations.giving.forms import OTHER
from donations.models import Currency, Dedication, Fund, Gift, GiftAidDeclaration
from donations.models.frequency import Frequency
from donations.models.gift_aid import STERLING

LINK = ("frequency", "amount", "currency", "fund")  # what a link to the form may ask for
INTO, CURRENCY = "into", "currency"  # the menu of currencies, and the `step` of its button


def currency(appeal: Appeal, *codes: str) -> Currency | None:
    """Return the currency that the page fixes, else the first of these codes that is offered, else the first one."""
    if appeal.currency:
        return Currency.objects.filter(code=appeal.currency).first()
    shown = appeal.currencies
    wanted = [code.upper() for code in codes if code.upper() in shown]
    return shown[wanted[0]] if wanted else next(iter(shown.values()), None)


def codes(request: HttpRequest) -> list[str]:
    """Return the currencies to open the form in: the address's, else this browser's last choice, and no guess beyond
    it. A sum in the address without a currency is one of the first currency, whoever follows the link.
    """
    linked = request.GET.get("currency", "")
    return [linked] if "amount" in request.GET else [linked, browser_cookie.currency(request)]


def changes_currency(data: QueryDict) -> bool:
    """Whether a sent form asks for another currency than it was shown in: by its button, or by its menu alone, which
    where no script runs is easily left at that.
    """
    return data.get("step") == CURRENCY or data.get(INTO, "") not in ("", data.get("currency"))


def in_another_currency(data: QueryDict, currency: Currency) -> QueryDict:
    """Return all that was typed, in another currency. A rung becomes the one at the same place of the new ladder, else
    the second; a typed sum stays as it was typed, to be looked at (D-149).
    """
    moved = data.copy()
    moved["currency"] = currency.code
    moved["frequency"] = offered(data.get("frequency", ""), currency)
    before = next((each for each in Currency.objects.all() if each.code == data.get("currency")), None)
    for frequency in currency.frequencies:
        name = f"amount_{frequency}"
        typed = OTHER if data.get("other") and frequency == data.get("frequency") else ""
        chosen = data.get(name) or typed
        same_place = dict(zip(_ladder(before, frequency), _ladder(currency, frequency), strict=False)) if before else {}
        second = second_rungs(currency).get(name, "")
        moved[name] = chosen if chosen == OTHER else same_place.get(chosen, second)
    return moved


def _ladder(currency: Currency, frequency: str) -> list[str]:
    return [money.plain(rung, currency.code) for rung in currency.ladder(frequency)]


def second_rungs(currency: Currency) -> dict[str, str]:
    """Default amounts: the second rung of each ladder. A low default would lower what people give."""
    ladders = {each: _ladder(currency, each) for each in currency.frequencies}
    return {f"amount_{each}": rungs[1] for each, rungs in ladders.items() if rungs[1:]}


def link(query: QueryDict) -> str:
    """Return that part of a query string which the form reads, in one order: "?frequency=once&amount=25", or ""."""
    asked = {name: query[name][: money.LONGEST] for name in LINK if query.get(name)}
    return f"?{urlencode(asked)}" if asked else ""


def linked(query: QueryDict, currency: Currency) -> dict[str, str]:
    """Initial values from a link's query string: ?frequency=, ?amount= and ?fund=. Whatever is not clear in it is as on
    a bare page: once, so that amounts stand in the first view.
    """
    chosen = second_rungs(currency)
    fund = query.get("fund", "")
    chosen["fund"] = next((fund for each in Fund.objects.offered() if str(each.pk) == fund), "") if fund else ""
    frequency = query.get("frequency", "")
    chosen["frequency"] = offered(frequency, currency)
    ours = query.get("currency", currency.code).upper() == currency.code  # else it is a sum of another one
    try:
        amount = money.parse(query.get("amount", "") if ours else "", currency.code)
    except money.AmountError:
        return chosen
    if currency.takes(amount):
        chosen |= marked(amount, currency, chosen["frequency"])
    return chosen


def offered(frequency: str, currency: Currency) -> str:
    """That frequency where the currency offers it, else once."""
    return frequency if frequency in currency.frequencies else Frequency.ONCE.value


def marked(amount: int, currency: Currency, frequency: str) -> dict[str, str]:
    """Select the amount (minor units) on that frequency's ladder, or on both while none is chosen; else typed in."""
    plain = money.plain(amount, currency.code)
    rungs = {each: amount in currency.ladder(each) for each in ([frequency] if frequency else currency.frequencies)}
    chosen = {f"amount_{each}": plain if on_it else OTHER for each, on_it in rungs.items()}
    return chosen if all(rungs.values()) else {**chosen, "other": plain}


def left_at_stripe(request: HttpRequest) -> Gift | None:
    """Return the gift whose Checkout Session this browser came back from by Stripe's own link, if no money came."""
    reference = request.GET.get("back", "")
    if reference not in browser_cookie.references(request):
        return None
    return Gift.objects.resumable().filter(reference=reference).first()


def left_half_way(request: HttpRequest, appeal: Appeal) -> Gift | None:
    """Return the gift that this browser began on this page a moment ago: it came back by Back, or reloads. Not where
    another link led here: what that asks for counts.
    """
    gift = browser_cookie.begun(request)
    if gift is None or appeals.page_of(gift) != appeal.path:
        return None
    if browser_cookie.link(request, gift) not in (None, link(request.GET)):
        return None
    return gift if gift.created_at > timezone.now() - checkout.SESSION_LIFE else None


def of(gift: Gift, currency: Currency) -> dict[str, Any]:
    """Initial values from a gift that was begun, without the amount where its currency is not offered any more. The
    ladders of other frequencies stand as on a bare page.
    """
    frequency = offered(gift.frequency, currency)
    amounts = marked(gift.amount, currency, frequency) if currency.code == gift.currency else {}
    return {
        **second_rungs(currency),
        f"amount_{frequency}": "",
        **amounts,
        "frequency": frequency,
        "cover_fee": gift.fee_cover > 0,
        "email": gift.email,
        "name": gift.name,
        "company": gift.company,
        "name_public": gift.name_public,
        "fund": gift.fund_id,
        "attempt": gift.attempt,
        **_dedication(gift),
        **_gift_aid(gift),
    }


def _dedication(gift: Gift) -> dict[str, Any]:
    written = Dedication.objects.filter(gift=gift).first()
    if written is None:
        return {}
    return {
        "tribute": written.kind,
        "tribute_name": written.name,
        "card_to": written.card_to,
        "card_from": written.card_from,
        "card_message": written.message,
        "card_on": written.card_on,
    }


def _gift_aid(gift: Gift) -> dict[str, Any]:
    declared = GiftAidDeclaration.objects.filter(gift=gift).first() if gift.currency == STERLING else None
    if declared is None:
        return {}
    return {
        "gift_aid": True,
        "aid_scope": declared.scope,
        "aid_title": declared.title,
        "aid_first_name": declared.first_name,
        "aid_last_name": declared.last_name,
        "aid_home": declared.home,
        "aid_postcode": declared.postcode,
        "aid_abroad": not declared.postcode,
    }
