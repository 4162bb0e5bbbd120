"""Declarations of Gift Aid: write one, cancel them, and find the one that covers a gift."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from donations.gift_aid import in_return, wording
from donations.models.gift_aid import STERLING, GiftAidDeclaration, GiftAidLine
from donations.models.gifts import Gift
from foundation.organisation import retention_periods
from supporters.models import Supporter

NAMED = ("first_name", "last_name", "home")  # where a person stands
PERSON = ("title", *NAMED, "postcode")  # all that says who it was
YEARS_BACK = 4  # a declaration may reach back so far
SECOND_THOUGHTS = timedelta(days=30)  # in which a spoken declaration may be taken back as if it had never been
Scope, Way = GiftAidDeclaration.Scope, GiftAidDeclaration.Way


@dataclass(frozen=True)
class Declared:
    """What a person declared, as they typed it. `text`: all that they read and agreed to, in `language`."""

    scope: str
    title: str
    first_name: str
    last_name: str
    home: str
    postcode: str
    text: str
    language: str


def write(declared: Declared, way: str, **whose: Any) -> GiftAidDeclaration:
    """Write a declaration of a `supporter`, or of whoever gave a `gift`. `whose` sets further fields."""
    fields = {"declared_at": timezone.now(), **vars(declared), **whose}
    return GiftAidDeclaration.objects.create(way=way, digest=wording.digest(declared.text), **fields)


def of(supporter: Supporter) -> QuerySet[GiftAidDeclaration]:
    """All that somebody declared, newest first; what was typed with a gift that has not come is nobody's yet."""
    return GiftAidDeclaration.objects.filter(Q(supporter=supporter) | Q(supporter=None, gift__supporter=supporter))


def standing(supporter: Supporter) -> QuerySet[GiftAidDeclaration]:
    """Those in force, which cover gifts to come."""
    return of(supporter).filter(cancelled_at=None).exclude(scope=Scope.GIFT)


def cancel(supporter: Supporter) -> int:
    """Cancel all of somebody's: gifts from now on are none of Gift Aid, those that repeat too. Returns how many."""
    ids = list(of(supporter).filter(cancelled_at=None).values_list("pk", flat=True))
    return GiftAidDeclaration.objects.filter(pk__in=ids, cancelled_at=None).update(cancelled_at=timezone.now())


def may_be_taken_back(declaration: GiftAidDeclaration) -> bool:
    """Whether cancelling it now makes it count as if it had never been: it was spoken, lately."""
    return declaration.way == Way.ORAL and timezone.now() - declaration.declared_at <= SECOND_THOUGHTS


def claimed(rows: QuerySet[GiftAidDeclaration]) -> QuerySet[GiftAidDeclaration]:
    """Those of them with which a gift was claimed: they are its proof."""
    return rows.filter(Exists(GiftAidLine.objects.filter(declaration=OuterRef("pk"))))


def erase(rows: QuerySet[GiftAidDeclaration]) -> None:
    """Delete these, but for those with which a gift was claimed: they are cancelled, and stay until `forget`."""
    ids = list(rows.values_list("pk", flat=True))
    found = GiftAidDeclaration.objects.filter(pk__in=ids)
    kept = list(claimed(found).values_list("pk", flat=True))
    found.exclude(pk__in=kept).delete()
    GiftAidDeclaration.objects.filter(pk__in=kept, cancelled_at=None).update(cancelled_at=timezone.now())


def forget(dry: bool = False) -> int:
    """Retention: blank who declared, and from where, long after the last claim with what covers no further gift."""
    end = retention_periods.end("declarations")
    over = ~Q(cancelled_at=None) | Q(scope=Scope.GIFT)
    old = GiftAidDeclaration.objects.filter(over, declared_at__lt=end).exclude(last_name="")
    lately = GiftAidLine.objects.filter(declaration=OuterRef("pk"), claim__made_at__gte=end)
    return retention_periods.blank(old.exclude(Exists(lately)), dry, **dict.fromkeys(PERSON, ""))


def covering(gift: Gift, among: Iterable[GiftAidDeclaration] | None = None) -> GiftAidDeclaration | None:
    """The newest declaration that covers a gift that came, if any. `among`: where they were read already, newest first,
    each with its gift.
    """
    if among is None:
        theirs = Q(gift=gift)
        if gift.plan_id:
            theirs |= Q(gift__plan=gift.plan_id)
        if gift.supporter_id:
            theirs |= Q(supporter=gift.supporter_id) | Q(supporter=None, gift__supporter=gift.supporter_id)
        among = GiftAidDeclaration.objects.filter(theirs).select_related("gift")
    return next((each for each in among if covers(each, gift)), None)


def covered(gifts: Iterable[Gift]) -> set[int]:
    """The ids of those of one person's gifts that a declaration covers by now."""
    found = list(gifts)
    people = {gift.supporter_id for gift in found if gift.supporter_id}
    theirs = Q(gift__in=found) | Q(gift__plan__in={gift.plan_id for gift in found if gift.plan_id})
    theirs |= Q(supporter__in=people) | Q(supporter=None, gift__supporter__in=people)
    among = list(GiftAidDeclaration.objects.filter(theirs).select_related("gift"))
    return {gift.pk for gift in found if covering(gift, among)}


def covers(declaration: GiftAidDeclaration, gift: Gift) -> bool:
    """Whether a declaration speaks of a gift: of money in sterling, no thing and no shares, that a person gave and no
    fund, for little or nothing.
    """
    if gift.currency != STERLING or gift.is_recommended or gift.thing or gift.paid_at is None:
        return False
    cancelled = declaration.cancelled_at
    if cancelled and gift.paid_at >= cancelled:
        return False
    if not _may_count(declaration, gift):
        return False
    if _made_with(declaration, gift):
        return True
    return (
        declaration.scope != Scope.GIFT
        and gift.supporter_id is not None
        and _owner(declaration) == gift.supporter_id
        and gift.paid_at >= _reaches(declaration)
        and _same_person(declaration, gift)
    )


def still_counts(declaration: GiftAidDeclaration, gift: Gift) -> bool:
    """Whether what was claimed of a gift with a declaration may stay claimed, but for what went back of it. Who gave
    may have been erased since: then nothing says otherwise.
    """
    if not _may_count(declaration, gift):
        return False
    if not gift.name or not declaration.last_name:
        return True
    return _made_with(declaration, gift) or _same_person(declaration, gift)


def _may_count(declaration: GiftAidDeclaration, gift: Gift) -> bool:
    return not (gift.company or _thought_better(declaration) or in_return.is_too_much(gift))


def _made_with(declaration: GiftAidDeclaration, gift: Gift) -> bool:
    """It was made with this very gift, or with another payment of what repeats."""
    with_it = declaration.gift
    if with_it is None:
        return False
    return with_it.pk == gift.pk or (with_it.plan_id is not None and with_it.plan_id == gift.plan_id)


def _owner(declaration: GiftAidDeclaration) -> int | None:
    if declaration.supporter_id or declaration.gift is None:
        return declaration.supporter_id
    return declaration.gift.supporter_id if declaration.gift.is_paid else None


def _reaches(declaration: GiftAidDeclaration) -> datetime:
    """From when on gifts are meant."""
    moment = declaration.declared_at
    if declaration.scope != Scope.PAST:
        return moment
    return datetime.combine(years_before(moment.date(), YEARS_BACK), moment.timetz())


def years_before(day: date, years: int) -> date:
    leap_day = (day.month, day.day) == (2, 29) and years % 4
    return day.replace(year=day.year - years, day=28 if leap_day else day.day)


def _thought_better(declaration: GiftAidDeclaration) -> bool:
    """It was spoken and taken back: it counts as if it had never been."""
    if declaration.way != Way.ORAL or declaration.cancelled_at is None:
        return False
    return declaration.cancelled_at - declaration.declared_at <= SECOND_THOUGHTS


def _same_person(declaration: GiftAidDeclaration, gift: Gift) -> bool:
    """Two people may share a mailbox, and only one of them declared: the last name must stand in the gift's."""
    last = _bare(declaration.last_name)
    return bool(last) and f" {last} " in f" {_bare(gift.name)} "


def _bare(name: str) -> str:
    letters = (char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in letters).casefold().split())
