"""Matching funds: what a funder adds to each gift of a campaign, reserved before the payment, capped, released if
unpaid.

Every write happens with the campaign's row locked. Code that holds a gift's lock takes this one after it, never the
other way round: else two transactions could deadlock. Both locks leave the key of their row free (`no_key`), since rows
that only name a gift or a campaign, such as the match, are written by those who wait for the other lock.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from donations.models import Campaign, Gift, LedgerEntry, MatchReservation

State = MatchReservation.State
Status = Gift.Status


@transaction.atomic
def reserve(gift: Gift) -> int:
    """Reserve the match of a gift and return it in minor units: the gift's sum without fee cover, or what is left under
    the cap. Idempotent. Call it before the Checkout Session is created.

    What an earlier try of the same form reserved is released, so that a corrected sum finds its own match.
    """
    campaign = _locked(gift)
    if campaign is None or gift.currency != campaign.currency.code:
        return 0
    if not Gift.objects.unfinished().filter(pk=gift.pk).exists():
        return 0
    earlier = Gift.objects.unfinished().filter(attempt=gift.attempt).exclude(pk=gift.pk) if gift.attempt else []
    _release(MatchReservation.objects.filter(gift__in=earlier))
    held = MatchReservation.objects.filter(gift=gift).first()
    if held and held.state != State.RELEASED:
        return held.amount
    amount = min(gift.amount, _room(campaign))
    if amount:
        _write(campaign, gift, amount, amount, State.RESERVED)
    return amount


@transaction.atomic
def release(gift: Gift) -> None:
    """Release the reserved match of a gift: no money came, or not yet. What is matched already stays."""
    if _locked(gift):
        _release(MatchReservation.objects.filter(gift=gift))


def release_all(gifts: Iterable[Gift]) -> None:
    """Release the reserved matches of many gifts; see `release`."""
    for gift in gifts:
        release(gift)


def follow(gift: Gift, comes_now: bool = False) -> None:
    """Match what the ledger keeps of a gift: all that was promised when it is paid, less once something is refunded,
    again what is still free when a dispute is won. Call it with the gift locked, after the ledger was written.

    A gift whose reservation was released before its money came gets what is left; so does one that found nothing free
    at its start, on the day that it comes (`comes_now`). One that came before there was a match gets nothing, whatever
    is told of it later, and neither do renewals of a monthly gift.
    """
    if gift.campaign_id is not None:
        _follow(gift, comes_now)


@transaction.atomic
def _follow(gift: Gift, comes_now: bool) -> None:
    campaign = _locked(gift)
    if campaign is None:
        return
    held = MatchReservation.objects.filter(gift=gift).first()
    total, cover = LedgerEntry.objects.kept(gift)
    kept = max(total - cover, 0) if gift.currency == campaign.currency.code else 0
    if held is None and (not comes_now or gift.session_attempt == 0 or not kept):
        return
    promised = held.promised if held else gift.amount
    own = held.amount if held else 0
    amount = min(promised, kept, own + _room(campaign))
    if held or amount:
        state = State.SETTLED if amount else State.RELEASED
        _write(campaign, gift, promised if held else amount, amount, state)


def _locked(gift: Gift) -> Campaign | None:
    """The campaign of a gift, locked until the transaction ends; None when nobody matches its gifts."""
    if gift.campaign_id is None:
        return None
    # Not its key: a row that only names the campaign is written meanwhile. Its writer may hold what we wait for next.
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("currency").filter(pk=gift.campaign_id)
    return found.exclude(match_cap=None).first()


def _room(campaign: Campaign) -> int:
    """What is left under the cap, in minor units. Not below zero: staff may lower a cap that is reached already."""
    return max((campaign.match_cap or 0) - MatchReservation.objects.taken(campaign), 0)


def _write(campaign: Campaign, gift: Gift, promised: int, amount: int, state: State) -> None:
    MatchReservation.objects.update_or_create(
        gift=gift, defaults={"campaign": campaign, "promised": promised, "amount": amount, "state": state}
    )


def _release(held: QuerySet[MatchReservation]) -> None:
    held.filter(state=State.RESERVED).update(amount=0, state=State.RELEASED)
