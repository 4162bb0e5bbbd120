"""Put the mistyped e-mail address of a gift right: by its own browser for a day, or by staff after a check."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from donations import letters
from donations.models import AddressChange, Gift, LedgerEntry, Plan
from foundation.letters.models import Letter
from supporters.people import meet

WINDOW = timedelta(hours=24)  # from the beginning of the gift; afterwards staff do it
MOST = 3  # corrections by one browser: a slip of the finger, not a way to mail many people


class CannotError(Exception):
    """The time is over, or it was corrected often enough. Staff can still do it."""


def may_correct(gift: Gift) -> bool:
    """Whether the browser it came from may still do it itself."""
    return timezone.now() - gift.created_at < WINDOW and gift.address_changes.filter(changed_by=None).count() < MOST


def correct(gift: Gift, email: str) -> None:
    """By the donor, in the browser that the gift came from: the caller has looked at its cookie. Raises CannotError."""
    _change(gift, email, by=None, check="", bound=True)


def correct_by_staff(gift: Gift, email: str, user: Any, check: str) -> None:
    """By staff, who say how they made sure that the donor wishes it."""
    _change(gift, email, by=user, check=check, bound=False)


@transaction.atomic
def _change(gift: Gift, email: str, by: Any, check: str, bound: bool) -> None:
    """The address of this gift and of the months that follow it. What waits for the old address goes to the new one,
    and the receipt is written once more. Nothing goes to the old address any more. Calling it twice is one change.
    """
    gift = Gift.objects.select_for_update().get(pk=gift.pk)
    if bound and not may_correct(gift):
        raise CannotError
    before = gift.email
    if email == before:
        return
    AddressChange.objects.create(gift=gift, before=before, after=email, changed_by=by, check_made=check)
    gifts = Gift.objects.filter(plan=gift.plan_id) if gift.plan_id else Gift.objects.filter(pk=gift.pk)
    person = meet(email, gift.name) if gift.supporter_id else None
    wrong = gifts.filter(email=before)
    _readdress(list(wrong), before, email)
    wrong.update(email=email, supporter=person)
    if gift.plan_id:
        Plan.objects.filter(pk=gift.plan_id).update(supporter=person)
    gift.refresh_from_db()
    if gift.is_paid:
        letters.receipt_again(gift)


def _readdress(gifts: list[Gift], before: str, after: str) -> None:
    """Letters about these gifts that have not left yet. Their keys name the gift, its plan or its refund."""
    about = Q(pk=None)
    for gift in gifts:
        about |= Q(key__contains=gift.reference)
        for entry in gift.entries.filter(kind=LedgerEntry.Kind.REFUND):
            about |= Q(key__endswith=f":{entry.stripe_object}")
    plan = gifts[0].plan if gifts else None
    if plan:
        about |= Q(key__contains=f":{plan.subscription_id}")
    Letter.objects.filter(about, to=before, state=Letter.State.WAITING).update(to=after)
