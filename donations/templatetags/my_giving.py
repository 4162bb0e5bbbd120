"""Template tags of My page: a supporter's giving, and what erasure leaves of it."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from babel.lists import format_list
from django import template
from django.db.models import Q
from django.template import Context
from django.utils.translation import get_language, to_locale

from donations import money
from donations.letters import plan_letters, statements
from donations.models import Gift, Plan
from donations.my import road
from donations.my.own_gifts import ON_ITS_WAY, gifts_of, shown_to
from foundation.organisation.models import Organisation
from supporters import privacy_registry
from supporters.models import Supporter

register = template.Library()


@register.inclusion_tag("donations/my_giving.html", takes_context=True)
def my_giving(context: Context) -> dict[str, Any]:
    """{% my_giving %}: gifts, what repeats, statements of `request.supporter`."""
    supporter = context["request"].supporter
    organisation: Organisation = context["organisation"]
    gifts = shown_to(
        supporter,
        Gift.objects.counted()
        .filter(Q(supporter=supporter) | Q(supporter=None, status__in=ON_ITS_WAY))
        .exclude(status__in=[Gift.Status.STARTED, Gift.Status.EXPIRED])
        .with_returns()
        .select_related("fund", "campaign", "plan")
        .prefetch_related("receipts"),
    )
    dated = [(organisation.day_of(gift.paid_at or gift.created_at), gift) for gift in gifts]
    paid = [(day, gift) for day, gift in dated if gift.is_paid]
    kept = [day for day, gift in paid if gift.is_in_kind or _kept(gift) > 0]
    plans = sorted(supporter.plans.counted(), key=lambda plan: plan.status == Plan.Status.ENDED)
    single = {gift.plan_id for gift in gifts if gift.plan_id and not gift.repeats}
    return {
        "plans": [(plan, plan_letters.next_payment(plan), plan.pk in single) for plan in plans],
        "begun": _begun(gifts),
        "csrf_token": context.get("csrf_token"),  # a tag with a template of its own has only what it returns
        "gift_aid": organisation.offers_gift_aid,
        "named": any(gift.name_public for gift in gifts),
        "named_on": sorted({gift.campaign for gift in gifts if gift.name_public and gift.campaign}, key=str),
        "totals": _sums(gift for _day, gift in paid),
        "gifts": len(kept),
        "road": road.of(kept),
        "years": _years(organisation, dated, statements.years(supporter.pk)),
    }


@register.inclusion_tag("donations/what_stays.html")
def what_stays(supporter: Supporter) -> dict[str, Any]:
    """{% what_stays supporter %}: what erasure leaves of this very person, and what must end before it."""
    return {
        "stays": privacy_registry.stays(supporter),
        "running": supporter.plans.counted().running(),
        "pending": gifts_of(supporter).filter(status__in=ON_ITS_WAY).exists(),
    }


def _begun(gifts: Iterable[Gift]) -> list[Plan]:
    """What repeats and waits for its first payment, a bank debit perhaps: until that comes it names no supporter."""
    waiting = {gift.plan_id: gift.plan for gift in gifts if gift.plan and gift.status in ON_ITS_WAY}
    return [plan for plan in waiting.values() if plan and plan.supporter_id is None]


def _years(organisation: Organisation, dated: Iterable[tuple[date, Gift]], stated: list[int]) -> list[dict[str, Any]]:
    """Tax years, newest first, each with its gifts, their sum, and whether there is a statement of it."""
    newest_first = sorted(dated, key=lambda each: (each[0], each[1].pk), reverse=True)
    found = []
    for year, some in groupby(newest_first, key=lambda each: organisation.tax_year_of(each[0])):
        rows = list(some)
        sums = _sums(gift for _day, gift in rows if gift.is_paid)
        found.append({"year": year, "rows": rows, "sums": sums, "stated": year.begins in stated})
    return found


def _kept(gift: Gift) -> int:
    """What was given less what went back, in minor units."""
    return gift.total + gift.returned  # type: ignore[attr-defined]


def _sums(gifts: Iterable[Gift]) -> str:
    """What was given and kept, one sum for each currency, as a person would say it: not what has no stated value, nor
    what a donor-advised fund gave.
    """
    sums: dict[str, int] = {}
    for gift in gifts:
        if not gift.thing and not gift.is_recommended:
            sums[gift.currency] = sums.get(gift.currency, 0) + _kept(gift)
    said = [money.exact(total, code) for code, total in sorted(sums.items()) if total > 0]
    return format_list(said, locale=to_locale(get_language() or "en"))
