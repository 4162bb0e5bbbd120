"""Claims of Gift Aid: which gifts can be claimed, each once, and what is taken off because money went back since."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Sum

from donations.gift_aid import declarations
from donations.gift_aid.declarations import YEARS_BACK
from donations.models import Dispute, Gift, GiftAidClaim, GiftAidDeclaration, GiftAidLine, LedgerEntry
from donations.models.gift_aid import STERLING
from foundation.access import turns
from foundation.organisation.models import Organisation

MOST = 1000  # rows of one schedule
TAX_BASIS = 25  # pence of tax for each pound given, while the basic rate is 20 %
Kind = GiftAidLine.Kind


class Claimable(NamedTuple):
    """A gift, and the declaration that covers it."""

    gift: Gift
    declaration: GiftAidDeclaration


class Back(NamedTuple):
    """What went back of a claimed gift and was not taken off yet: `amount` in pence, below zero."""

    line: GiftAidLine
    amount: int


class Standing(NamedTuple):
    """What a claim would hold now; and how many covered gifts it leaves out because money went back or may."""

    gifts: list[Claimable]
    left_out: int
    back: list[Back]

    @property
    def total(self) -> int:
        return sum(each.gift.total for each in self.gifts)

    @property
    def off(self) -> int:
        return -sum(each.amount for each in self.back)


class ClaimedMeanwhileError(Exception):
    """Another claim was made since the page was shown that this one was asked for on."""


def standing() -> Standing:
    """What can be claimed now, the oldest gifts first, at most one schedule of them. Changes nothing."""
    covered = list(_covered())
    sound = [each for each in covered if _is_sound(each.gift)]
    return Standing(sound[:MOST], len(covered) - len(sound), _back())


def last_number() -> int:
    return GiftAidClaim.objects.aggregate(last=Max("number"))["last"] or 0


@transaction.atomic
def make(user: Any, after: int) -> GiftAidClaim | None:
    """Claim all that `standing` names, with the next number. None where no gift can be claimed. `after`: the number of
    the last claim as the page showed it. Raises ClaimedMeanwhileError where that is not the last any more.
    """
    turns.take("gift aid claim")
    number = last_number()
    if number != after:
        raise ClaimedMeanwhileError
    found = standing()
    if not found.gifts:
        return None
    claim = GiftAidClaim.objects.create(number=number + 1, made_by=user)
    organisation = Organisation.load()
    for gift, declaration in found.gifts:
        day = organisation.day_of(gift.paid_at)
        GiftAidLine.objects.create(
            claim=claim, gift=gift, declaration=declaration, kind=Kind.GIFT, amount=gift.total, day=day
        )
    for line, amount in found.back:
        GiftAidLine.objects.create(
            claim=claim, gift=line.gift, declaration=line.declaration, kind=Kind.BACK, amount=amount, day=line.day
        )
    return claim


def tax_on(amount: int) -> int:
    """The tax that a sum given stands for, in pence."""
    return amount * TAX_BASIS // 100


def _is_sound(gift: Any) -> bool:
    """Nothing of it went back, and nobody doubts it."""
    return gift.returned == 0 and not gift.doubted


def _covered() -> Iterable[Claimable]:
    """Gifts that a declaration covers and no claim has, of the years that may still be claimed."""
    known = list(GiftAidDeclaration.objects.exclude(last_name="").select_related("gift"))
    of_gift, of_plan, of_person = defaultdict(list), defaultdict(list), defaultdict(list)
    for each in known:  # the newest first
        if each.gift:
            of_gift[each.gift.pk].append(each)
            of_plan[each.gift.plan_id].append(each)
        of_person[each.supporter_id or (each.gift.supporter_id if each.gift else None)].append(each)
    theirs = Q(pk__in=list(of_gift)) | Q(plan__in=set(of_plan) - {None}) | Q(supporter__in=set(of_person) - {None})
    for gift in _unclaimed().filter(theirs).order_by("paid_at", "pk"):
        among = {*of_gift[gift.pk], *(of_plan[gift.plan_id] if gift.plan_id else ())}
        among |= set(of_person[gift.supporter_id]) if gift.supporter_id else set()
        newest = sorted(among, key=lambda each: (each.declared_at, each.pk), reverse=True)
        declaration = declarations.covering(gift, newest)
        if declaration:
            yield Claimable(gift, declaration)


def _unclaimed() -> QuerySet[Gift]:
    """With `returned`, and `doubted`: a dispute or a question of its bank is open, or a warning of fraud."""
    organisation = Organisation.load()
    year = organisation.tax_year_of(organisation.today()).before(YEARS_BACK)
    since = datetime.combine(year.first, time.min, tzinfo=organisation.zone)
    open_ones = Dispute.objects.open_disputes() | Dispute.objects.open_warnings()
    gifts = Gift.objects.paid().counted().with_returns().filter(currency=STERLING, company="", paid_at__gte=since)
    claimed = GiftAidLine.objects.filter(gift=OuterRef("pk"), kind=Kind.GIFT)
    return gifts.exclude(Exists(claimed)).annotate(doubted=Exists(open_ones.filter(gift=OuterRef("pk"))))


def _back() -> list[Back]:
    """Where less is left of a claimed gift than its lines come to."""
    left = LedgerEntry.objects.giving().filter(gift=OuterRef("gift")).order_by().values("gift")
    claimed = GiftAidLine.objects.filter(kind=Kind.GIFT).annotate(left=left.annotate(sum=Sum("amount")).values("sum"))
    shrunk = claimed.filter(Q(left__lt=F("amount")) | Q(left=None)).select_related("gift", "declaration")
    back_of = GiftAidLine.objects.filter(kind=Kind.BACK).order_by().values_list("gift").annotate(sum=Sum("amount"))
    off: dict[int, int] = dict(back_of)
    found = []
    for line in shrunk:
        missing = max(line.left or 0, 0) - line.amount - off.get(line.gift_id, 0)
        if missing < 0:
            found.append(Back(line, missing))
    return found
