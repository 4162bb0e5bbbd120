"""Correct the mistyped e-mail address of a gift: by its own browser for a day, or by staff after a check."""

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from donations.letters import gift_letters
from donations.models import AddressChange, Gift, LedgerEntry, Plan
from donations.stripe import writes
from donations.stripe.errors import StripeRefusedError, waiting_for_stripe
from foundation.jobs import queue as jobs
from foundation.letters import resending
from foundation.letters.models import Letter
from supporters import moving, privacy_registry, supporters
from supporters.models import Supporter
from supporters.supporters import get_or_create_supporter

WINDOW = timedelta(hours=24)  # from the beginning of the gift; afterwards staff do it
log = logging.getLogger(__name__)
MOST = 3  # corrections by one browser: for a typing mistake, not a way to mail many people


class CannotError(Exception):
    """Raised when the 24 hours are over, or it was corrected often enough. Staff can still do it."""


def may_correct(gift: Gift) -> bool:
    """Whether the browser that made the gift may still correct the address itself."""
    return timezone.now() - gift.created_at < WINDOW and gift.address_changes.filter(changed_by=None).count() < MOST


def correct(gift: Gift, email: str) -> None:
    """Correct the address as the donor, in the browser that made the gift (by its cookie). Raises CannotError."""
    _change(gift, email, by=None, check="", bound=True)


def correct_by_staff(gift: Gift, email: str, user: Any, check: str) -> None:
    """Correct the address as staff, who say in `check` how they made sure that the donor wishes it."""
    _change(gift, email, by=user, check=check, bound=False)


@transaction.atomic
def _change(gift: Gift, email: str, by: Any, check: str, bound: bool) -> None:
    """Change the address of this gift and of the months that follow it. What waits for the old address goes to the new
    one, and the receipt is written once more. Nothing more goes to the old one, but a change by staff is told to both.
    Idempotent.
    """
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift.pk)
    if bound and not may_correct(gift):
        raise CannotError
    before = gift.email
    if email == before:
        return
    AddressChange.objects.create(gift=gift, before=before, after=email, changed_by=by, check_made=check)
    gifts = Gift.objects.filter(plan=gift.plan_id) if gift.plan_id else Gift.objects.filter(pk=gift.pk)
    person = get_or_create_supporter(email, gift.name) if gift.supporter_id else None
    wrong = gifts.filter(email=before)
    _readdress(list(wrong), before, email)
    wrong.update(email=email, supporter=person)
    if gift.plan_id:
        Plan.objects.filter(pk=gift.plan_id).update(supporter=person)
        _tell_stripe(gift.plan_id)
    supporters.drop_unused([before])
    gift.refresh_from_db()
    if gift.is_paid:
        gift_letters.receipt_again(gift)
    if not bound:
        moving.tell(before, email, gift.language)


def move(supporter: Supporter, move: privacy_registry.Move) -> None:
    """Move all that this person gave to the new address. Call it in a transaction, through `supporters.moving`."""
    gifts = list(Gift.objects.filter(supporter=supporter, email__iexact=move.before))
    note = {"after": move.after, "changed_by": move.by, "check_made": move.check}
    AddressChange.objects.bulk_create([AddressChange(gift=gift, before=gift.email, **note) for gift in gifts])
    Gift.objects.filter(pk__in=[gift.pk for gift in gifts]).update(email=move.after)
    for plan in Plan.objects.counted().running().filter(supporter=supporter):
        _tell_stripe(plan.pk)


def _tell_stripe(plan: int) -> None:
    jobs.enqueue("customer-email", f"customer-email:{plan}:{uuid.uuid4()}", {"plan": plan})


@jobs.handler("customer-email")
@waiting_for_stripe()
def customer_email(args: dict[str, Any]) -> None:
    """Job: set the Stripe customer's e-mail, as it is now, so that an older job that comes late sets no older one."""
    plan = Plan.objects.counted().running().filter(pk=args["plan"]).exclude(customer_id="").first()
    newest = plan.gifts.order_by("-id").first() if plan else None
    if plan is None or newest is None or not newest.email:
        return
    try:
        writes.customer_email(plan.customer_id, newest.email)
    except StripeRefusedError as error:  # deleted there, or an address that Stripe does not take
        log.warning("the customer of %s keeps its address at Stripe: %s", plan.subscription_id, error.code)


def _readdress(gifts: list[Gift], before: str, after: str) -> None:
    """Readdress letters about these gifts that have not been sent yet, or did not arrive."""
    states = [Letter.State.WAITING, *Letter.NOT_THERE]
    Letter.objects.to_any([before]).filter(letters_about(gifts), state__in=states).update(to=after)


@receiver(resending.address_asked, dispatch_uid="road-out-address-of-a-gift")
def address_now(letter: Letter, **_kwargs: Any) -> str:
    """Signal receiver: where a letter about a gift is resent whose address was corrected since; else empty."""
    for gift in Gift.objects.filter(address_changes__before=letter.to).distinct():
        if Letter.objects.filter(letters_about([gift]), pk=letter.pk).exists():
            return gift.email
    return ""


def letters_about(gifts: list[Gift]) -> Q:
    """Letters about these gifts: their keys name the gift, its plan or its refund."""
    about = Q(pk=None)
    for gift in gifts:
        about |= Q(key__contains=gift.reference)
        for entry in gift.entries.filter(kind=LedgerEntry.Kind.REFUND):
            about |= Q(key__endswith=f":{entry.stripe_object}")
    plan = gifts[0].plan if gifts else None
    if plan:
        about |= Q(key__contains=f":{plan.subscription_id}")
    return about
