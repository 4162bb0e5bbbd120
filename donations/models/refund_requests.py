"""Refund requests: what staff asked Stripe to give back. What was given back stands in the ledger."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.models.columns import money_column
from donations.models.disputes import Dispute
from donations.models.gifts import Gift
from staff.columns import column


class RefundRequest(models.Model):
    """One wish of staff to give back `amount` (minor units of the gift's currency).

    It is written before Stripe is asked, so that an answer that is lost leaves a wish, never a second refund: `key` is
    the idempotency key, and the mark that the refund carries at Stripe. A gift has one open request at most.
    """

    class Reason(models.TextChoices):
        """Stripe's own reasons, in words of ours."""

        ASKED = "requested_by_customer", _("the donor asked for it")
        TWICE = "duplicate", _("it was given twice by mistake")
        FRAUD = "fraudulent", _("somebody else’s card was used")

    class State(models.TextChoices):
        OPEN = "open", _("asked, Stripe has not answered yet")
        MADE = "made", _("made at Stripe")
        REFUSED = "refused", _("refused by Stripe")

    key = models.CharField(max_length=40, unique=True)
    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="refund_requests")
    attempt = models.PositiveSmallIntegerField(default=1)  # how often Stripe was asked, as part of the idempotency key
    amount = models.PositiveBigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=30, choices=Reason.choices)
    state = models.CharField(_("status"), max_length=8, choices=State.choices, default=State.OPEN)
    refund_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    answer = models.TextField(_("answer of Stripe"), blank=True)  # why it refused
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("refund request")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_request_is_a_sum"),
            models.CheckConstraint(
                condition=~Q(state="made") | Q(refund_id__isnull=False), name="refund_made_is_named"
            ),
            models.UniqueConstraint(fields=["gift"], condition=Q(state="open"), name="refund_request_one_is_open"),
        ]

    def __str__(self) -> str:
        return self.amount_text()

    amount_text = money_column("amount", _("amount"))

    @property
    def currency(self) -> str:
        return self.gift.currency

    @column(_("status"), sorted_by="state")
    def state_text(self) -> str:
        """What became of it. One that the bank sends back weeks later stays made, and is among what waits for staff."""
        if self.refund_id and Dispute.objects.filter(stripe_object=self.refund_id).exists():
            return gettext("made at Stripe; the bank sent it back, and the money is with us again")
        return f"{self.get_state_display()}: {self.answer}" if self.answer else self.get_state_display()
