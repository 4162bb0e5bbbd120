"""Alerts to staff about money: a dispute with its deadline, a refund that failed, card testing, gaps in the books."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from donations import money
from donations.letters import gift_letters
from donations.models import Breaker, Dispute, Gap, Gift, Payout, Reconciliation
from foundation.organisation.models import Organisation
from staff import alerts

MAY_SEE = "donations.view_dispute"
LATELY = timedelta(days=60)


def dispute(row: Dispute) -> None:
    """Alert staff of a dispute, inquiry or fraud warning when somebody must do something about it, and when a dispute
    is lost. Once for each status and deadline: an inquiry that becomes a dispute has a new one.

    Also when a reconciliation found it: the event was lost, the deadline to answer comes all the same. Donors are not
    written to.
    """
    if row.kind == Dispute.Kind.DISPUTE and row.status == "lost":
        _dispute_lost(row)
        return
    if not Dispute.objects.waiting().filter(pk=row.pk).exists():
        return
    words = [
        _("%(what)s about the gift %(reference)s of %(sum)s.")
        % {"what": row.get_kind_display().capitalize(), "reference": row.gift.reference, "sum": row.gift.total_text()}
    ]
    if row.answer_by:
        day = gift_letters.day(Organisation.load().day_of(row.answer_by))
        words.append(_("Stripe takes an answer until %(day)s, in its dashboard.") % {"day": day})
    if row.kind == Dispute.Kind.WARNING:
        words.append(_("Giving the money back now may spare a dispute and its fee."))
    if row.kind == Dispute.Kind.DISPUTE:
        words.append(
            _("Answer it with what shows that the gift was meant: the receipt, letters, earlier gifts. Or accept it.")
        )
    until = f"{row.answer_by:%Y%m%d%H%M}" if row.answer_by else ""
    _of_dispute(f"dispute:{row.stripe_object}:{row.status}:{until}", row, _("A payment is contested"), words)


def _dispute_lost(row: Dispute) -> None:
    words = [
        _("The dispute about the gift %(reference)s of %(sum)s was lost. The money, and Stripe's fee, are gone.")
        % {"reference": row.gift.reference, "sum": row.gift.total_text()},
        _(
            "The books follow, and a corrected receipt was written: nothing must be answered any more. If the donor "
            "did mean to give, ask them to write to their bank. If nobody knows them, look for more gifts like it, and "
            "give those back before they are disputed."
        ),
    ]
    _of_dispute(f"dispute-lost:{row.stripe_object}", row, _("A dispute was lost"), words)


def _of_dispute(key: str, row: Dispute, subject: str, words: list[str]) -> None:
    """Alert staff, and say where it stands at Stripe and in the panel."""
    at_stripe = _("At Stripe: %(address)s") % {"address": row.at_stripe}
    here = settings.BASE_URL + reverse("dispute:inspect", args=[row.pk])
    alerts.tell(key, MAY_SEE, subject, "\n\n".join([*words, at_stripe, here]))


def refund_failed(gift: Gift, refund_id: str, amount: int) -> None:
    """Alert staff, once, of a failed refund: the money is with us, the donor waits for it. `amount` in minor units."""
    words = _(
        "A refund of %(sum)s of the gift %(reference)s did not reach the donor: the bank refused it, or it was called "
        "off. The money is with us again, and the donor was told so. Please find another way with them, and say so "
        "under “Disputes and warnings”, where this refund waits for it."
    ) % {"sum": money.exact(amount, gift.currency), "reference": gift.reference}
    page = settings.BASE_URL + reverse("gift:inspect", args=[gift.pk])
    alerts.tell(f"refund-failed:{refund_id}", "donations.view_gift", _("A refund came back"), f"{words}\n\n{page}")


def payout_failed(row: Payout) -> None:
    """Alert staff, once, of a payout that failed lately: a comparison of all years tells of no old ones."""
    if row.created_at < timezone.now() - LATELY:
        return
    words = _(
        "A payout of %(sum)s did not arrive at the bank. The money is on the balance at Stripe again. "
        "Stripe may make no further payouts until the bank account is put right. Please look there why it failed, and "
        "check or replace the bank account in the settings of payouts. The money then leaves with the next payout."
    ) % {"sum": row.amount_text()}
    at_stripe = _("At Stripe: %(address)s") % {"address": row.at_stripe}
    page = settings.BASE_URL + reverse("payout:inspect", args=[row.pk])
    subject = _("A payout failed")
    alerts.tell(f"payout-failed:{row.payout_id}", "donations.view_payout", subject, f"{words}\n\n{at_stripe}\n\n{page}")


def card_testing(row: Breaker) -> None:
    """Alert staff of card testing, once for each time that the circuit breaker opens."""
    words = _(
        "Somebody may be trying stolen cards on the giving form: %(why)s. Browsers that we do not know now do a short "
        "calculation, or follow a mailed link, before they get to the payment page. Others notice nothing. Nothing "
        "must be done: this ends by itself a quarter of an hour after the last sign. Please look at the payments of "
        "today in Stripe's dashboard, and give small ones that look strange back."
    ) % {"why": row.get_reason_display()}
    alerts.tell(f"card-testing:{row.trips}", MAY_SEE, _("Stolen cards may be tried"), words)


@transaction.atomic
def money_missing(row: Reconciliation) -> None:
    """Alert staff of money at Stripe that our books cannot explain. One letter about all gaps not told of yet."""
    new = Gap.objects.open(row.place["account"]).filter(told_at=None).select_for_update()
    newest = new.first()
    if newest is None:
        return
    words = _(
        "A comparison with Stripe found money there that is not in our books, and could not book it. "
        "Each row of this list says why; look it up in Stripe's dashboard, and say there whose it is."
    )
    page = f"{settings.BASE_URL}{reverse('gap:index')}?explained_at__isnull=true"
    subject = _("Money at Stripe that is not in our books")
    alerts.tell(f"money-missing:{newest.balance_transaction}", "donations.view_gap", subject, f"{words}\n\n{page}")
    new.update(told_at=timezone.now())
