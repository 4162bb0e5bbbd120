"""Disputes (chargebacks), a bank's inquiries, early fraud warnings, and refunds that failed."""

from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from donations.models.columns import money_column
from donations.models.gifts import Gift
from donations.models.livemode import OfSomeMoney, of_this_money
from staff.columns import column

STATUS = {
    "needs_response": _("waits for our answer"),
    "warning_needs_response": _("the bank waits for our answer"),
    "appeal_needs_response": _("the appeal waits for our answer"),
    "under_review": _("answered, the bank decides"),
    "warning_under_review": _("answered, the bank decides"),
    "appeal_under_review": _("appealed, the bank decides"),
    "warning_closed": _("closed, nothing was taken"),
    "won": _("won, the money came back"),
    "lost": _("lost, the money is gone"),
    "prevented": _("prevented"),
}
ANSWERABLE = ("needs_response", "warning_needs_response", "appeal_needs_response")
CLOSED = ("won", "lost", "warning_closed", "prevented", "charge_refunded")


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def counted(self) -> "DisputeQuerySet":
        return self.filter(of_this_money())

    def open_disputes(self) -> "DisputeQuerySet":
        """Disputes and inquiries that are not closed yet."""
        kinds = [Dispute.Kind.DISPUTE, Dispute.Kind.INQUIRY]
        return self.filter(kind__in=kinds).exclude(status__in=CLOSED)

    def open_warnings(self) -> "DisputeQuerySet":
        return self.filter(kind=Dispute.Kind.WARNING, actionable=True)

    def waiting(self) -> "DisputeQuerySet":
        """Disputes that somebody at the charity must act on: to answer, or to refund before it becomes a dispute."""
        return self.filter(models.Q(status__in=ANSWERABLE) | models.Q(kind=Dispute.Kind.WARNING, actionable=True))

    def refunds_owed(self) -> "DisputeQuerySet":
        """Refunds that failed or were cancelled: the money is with us, and the donor was promised it."""
        return self.filter(kind=Dispute.Kind.REFUND, actionable=True)


class Dispute(OfSomeMoney):
    """A dispute (chargeback), an inquiry, a fraud warning or a refund that failed, as Stripe had it at `as_of`. Its
    money stands in the ledger. `actionable`: of a warning Stripe says so, of a refund staff say when it is resolved.
    """

    class Kind(models.TextChoices):
        DISPUTE = "dispute", _("dispute")
        INQUIRY = "inquiry", _("question from a bank")
        WARNING = "warning", _("warning of fraud")
        REFUND = "refund", _("refund that failed")

    stripe_object = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="disputes")
    status = models.CharField(max_length=40, blank=True)  # Stripe's word; its list may grow
    reason = models.CharField(max_length=80, blank=True)
    amount = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    actionable = models.BooleanField(default=False)
    answer_by = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    as_of = models.DateTimeField()  # when the fetch began that this row shows; an older one changes nothing

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("dispute or warning")
        verbose_name_plural = _("disputes and warnings")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.stripe_object}"

    @column(_("how it stands"), sorted_by="status")
    def status_text(self) -> str:
        """In words; Stripe's own where it adds one that we do not know."""
        if self.kind == self.Kind.WARNING:
            return str(_("refund it now, or wait for the dispute") if self.actionable else _("nothing to do"))
        return str(STATUS.get(self.status, self.status.replace("_", " ")))

    @column(_("reason"), sorted_by="reason")
    def reason_text(self) -> str:
        """Stripe's word for why, as people write it."""
        return self.reason.replace("_", " ")

    @property
    def at_stripe(self) -> str:
        """The address at which it is answered, in Stripe's dashboard."""
        if self.kind == self.Kind.WARNING:
            place = f"payments/{self.gift.payment_intent_id or ''}"
        else:
            place = f"disputes/{self.stripe_object}"
        return f"https://dashboard.stripe.com/{'' if self.livemode else 'test/'}{place}"

    @column(_("at Stripe"))
    def link_text(self) -> SafeString:
        return format_html('<a href="{0}" rel="noreferrer">{0}</a>', self.at_stripe)

    amount_text = money_column("amount", _("amount"))
