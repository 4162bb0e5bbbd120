"""Claims of Gift Aid: what can be claimed of which gifts, never twice, and what is taken off because it cannot be kept.

What is claimed of a gift is the sum of its lines. A claim adds what is missing of a gift that came whole, and takes off
what is too much: money went back since, or the gift is none of Gift Aid any more.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from donations.gift_aid import declarations
from donations.gift_aid.declarations import YEARS_BACK
from donations.models import Dispute, Gift, GiftAidClaim, GiftAidDeclaration, GiftAidLine, LedgerEntry, Receipt
from donations.models.gift_aid import STERLING
from foundation.access import turns
from foundation.organisation.models import Organisation

MOST = 1000  # rows of one schedule
Kind = GiftAidLine.Kind


class Claimable(NamedTuple):
    """A gift as `_unclaimed` reads it, the declaration that covers it, and what can be claimed of it, in pence."""

    gift: Any
    declaration: GiftAidDeclaration
    amount: int


class Back(NamedTuple):
    """What is claimed of a gift and cannot be kept: `amount` in pence, below zero. `line` claimed it last."""

    line: GiftAidLine
    amount: int


class Standing(NamedTuple):
    """What a claim would hold now; and how many covered gifts it leaves out: of which money went back or may, and which
    another legal entity received.
    """

    gifts: list[Claimable]
    left_out: int
    elsewhere: int
    back: list[Back]

    @property
    def total(self) -> int:
        return sum(each.amount for each in self.gifts)

    @property
    def off(self) -> int:
        return -sum(each.amount for each in self.back)

    @property
    def can_be_made(self) -> bool:
        """The tax office takes no claim that comes to nothing, or to less."""
        return self.total > self.off


class ClaimedMeanwhileError(Exception):
    """Another claim was made since the page was shown that this one was asked for on."""


def standing() -> Standing:
    """What can be claimed now, the oldest gifts first, at most one schedule of them. Changes nothing."""
    covered = list(_covered())
    ours = [each for each in covered if not each.gift.elsewhere]
    sound = [each for each in ours if _is_sound(each.gift)]
    new = [each for each in ours if each.gift.claimed is None]
    left_out = sum(1 for each in new if not _is_sound(each.gift))
    return Standing(sound[:MOST], left_out, len(covered) - len(ours), _back())


def last_number() -> int:
    return GiftAidClaim.objects.aggregate(last=Max("number"))["last"] or 0


@transaction.atomic
def make(user: Any, after: int) -> GiftAidClaim | None:
    """Claim all that `standing` names, with the next number. None where that cannot be made. `after`: the number of the
    last claim as the page showed it. Raises ClaimedMeanwhileError where that is not the last any more.
    """
    turns.take("gift aid claim")
    number = last_number()
    if number != after:
        raise ClaimedMeanwhileError
    found = standing()
    if not found.can_be_made:
        return None
    claim = GiftAidClaim.objects.create(number=number + 1, made_by=user)
    organisation = Organisation.load()
    for gift, declaration, amount in found.gifts:
        GiftAidLine.objects.create(
            claim=claim,
            gift=gift,
            declaration=declaration,
            kind=Kind.GIFT,
            amount=amount,
            day=organisation.day_of(gift.paid_at),
            nth=gift.times + 1,
        )
    for line, amount in found.back:
        GiftAidLine.objects.create(
            claim=claim, gift=line.gift, declaration=line.declaration, kind=Kind.BACK, amount=amount, day=line.day
        )
    return claim


def _is_sound(gift: Any) -> bool:
    """Nothing of it went back, and nobody doubts it."""
    return gift.returned == 0 and not gift.doubted


def _covered() -> Iterable[Claimable]:
    """Gifts that a declaration covers and no claim has in full, of the years that may still be claimed."""
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
            yield Claimable(gift, declaration, gift.total - (gift.claimed or 0))


def _unclaimed() -> QuerySet[Any]:
    """With `claimed`, what is claimed of it by now, and how many `times`; with `returned`, and `doubted`: a dispute or
    a question of its bank is open, or a warning of fraud; and whether it was received `elsewhere`.
    """
    organisation = Organisation.load()
    year = organisation.tax_year_of(organisation.today()).before(YEARS_BACK)
    since = datetime.combine(year.first, time.min, tzinfo=organisation.zone)
    open_ones = Dispute.objects.open_disputes() | Dispute.objects.open_warnings()
    gifts = Gift.objects.paid().counted().with_returns().filter(currency=STERLING, company="", paid_at__gte=since)
    lines = GiftAidLine.objects.filter(gift=OuterRef("pk")).order_by().values("gift")
    times = lines.filter(kind=Kind.GIFT).annotate(times=Count("pk")).values("times")
    return gifts.annotate(
        claimed=Subquery(lines.annotate(sum=Sum("amount")).values("sum")),
        times=Coalesce(Subquery(times), 0),
        doubted=Exists(open_ones.filter(gift=OuterRef("pk"))),
        elsewhere=Exists(_of_others(organisation).filter(gift=OuterRef("pk"))),
    ).filter(Q(claimed=None) | Q(claimed__lt=F("total")))


def _of_others(organisation: Organisation) -> QuerySet[Any]:
    """Receipts of another legal entity: of another series, and neither its name nor its number is ours of today."""
    others = Receipt.objects.exclude(series__in=[organisation.receipt_series, Receipt.DEMO])
    others, number = others.exclude(entity=organisation.printed_name), organisation.registration_number
    return others.exclude(registration_number=number) if number else others


def _back() -> list[Back]:
    """Where more is claimed of a gift than may be kept."""
    found = []
    for line in _doubtful():
        kept = max(line.left or 0, 0) if declarations.still_counts(line.declaration, line.gift) else 0
        if line.claimed > kept:
            found.append(Back(line, kept - line.claimed))
    return found


def _doubtful() -> QuerySet[Any]:
    """The last line that claimed a gift, with what is `claimed` of it by now and `left` of it in the books, where that
    is less or something was said of it since: what was given in return, by whom, or that the declaration is taken back.
    """
    of_it = GiftAidLine.objects.filter(gift=OuterRef("gift")).order_by()
    later = of_it.filter(kind=Kind.GIFT, nth__gt=OuterRef("nth"))
    left = LedgerEntry.objects.giving().filter(gift=OuterRef("gift")).order_by().values("gift")
    corrected = Receipt.objects.filter(gift=OuterRef("gift")).exclude(replaces=None)
    known = GiftAidLine.objects.filter(~Exists(later), kind=Kind.GIFT).annotate(
        claimed=Subquery(of_it.values("gift").annotate(sum=Sum("amount")).values("sum")),
        left=Subquery(left.annotate(sum=Sum("amount")).values("sum")),
    )
    unlike = Q(left__lt=F("claimed")) | Q(left=None) | Q(gift__benefit_value__gt=0) | ~Q(gift__company="")
    taken_back = Q(declaration__way=GiftAidDeclaration.Way.ORAL) & ~Q(declaration__cancelled_at=None)
    found = known.filter(claimed__gt=0).filter(unlike | taken_back | Exists(corrected))
    return found.select_related("gift", "declaration__gift").order_by("pk")
