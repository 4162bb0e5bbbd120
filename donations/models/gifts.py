"""Gift: one payment, or the intent to make one."""

import secrets
from decimal import Decimal

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Upper
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from donations import money
from donations.models.campaigns import Campaign
from donations.models.columns import money_column
from donations.models.frequency import Frequent
from donations.models.funds import Fund
from donations.models.livemode import OfSomeMoney, of_this_money
from donations.models.plans import Plan
from staff.columns import column
from supporters.models import Supporter

# No 0, O, 1, I: references are read out on the telephone.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """A public name for a gift, twelve random characters: "K7QM-3ZXA-9PWT"."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


class Method(models.TextChoices):
    """How a gift reached us. All but the first are entered by staff, and never touch our balance at Stripe."""

    STRIPE = "stripe", _("through Stripe")
    CHEQUE = "cheque", _("by cheque")
    CASH = "cash", _("in cash")
    TRANSFER = "transfer", _("by bank transfer")
    DAF = "daf", _("from a donor-advised fund")
    SHARES = "shares", _("in shares")
    IN_KIND = "in_kind", _("in kind")


def _many(shares: Decimal) -> int:
    """The number that decides between one share and several: 1.5 are several."""
    return 1 if shares == 1 else 2


NO_CURRENCY = "XXX"  # ISO 4217's own code for it: a gift in kind is described, never valued


class GiftQuerySet(models.QuerySet["Gift"]):
    def paid(self) -> "GiftQuerySet":
        return self.filter(status=Gift.Status.PAID)

    def counted(self) -> "GiftQuerySet":
        return self.filter(of_this_money())

    def with_returns(self) -> "GiftQuerySet":
        """Annotate `returned`, what the ledger says was refunded or is disputed (minor units), 0 or less."""
        kinds = ["refund", "refund_reversal", "dispute", "dispute_reversal"]
        rows = self.model.entries.rel.related_model._default_manager.filter(gift=OuterRef("pk"), kind__in=kinds)
        sums = rows.order_by().values("gift").annotate(sum=Sum("amount")).values("sum")
        return self.annotate(returned=Coalesce(Subquery(sums), 0))

    def unfinished(self) -> "GiftQuerySet":
        """Gifts for which no money has come: the Checkout Session was not opened, or not finished."""
        return self.filter(status__in=Gift.UNFINISHED)

    def resumable(self) -> "GiftQuerySet":
        """Unfinished gifts to go on with. A failed one's session is complete: only Stripe may try its plan again."""
        over = Q(plan=None) | Q(plan__status__in=[Plan.Status.WAITING, Plan.Status.ENDED])
        return self.unfinished().exclude(over, status=Gift.Status.FAILED)


class Gift(Frequent, OfSomeMoney):
    """One payment, from the intent to the money. Sums are minor units of the currency, moments UTC.

    `attempt` is the form it came from and `attempt_key` (idempotency key) that form with these very values, so that a
    double click finds the same row. Of a form's rows one is `current`: what it was sent with last (D-167). `session_*`
    is its Checkout Session: how many were asked for, where the last one is paid (never logged, and forgotten like a
    network address) and when it expires.

    From a donor-advised fund the `sponsor`, a charity, gives what `name` recommended: the recommender is the supporter,
    and never its giver for tax. Of shares the sums are what their sale brought: our books count it, no paper says it.
    """

    class Status(models.TextChoices):
        STARTED = "started", _("started")
        WAITING = "waiting", _("waiting for the donor")
        PENDING = "pending", _("on its way")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("not finished")

    UNFINISHED = (Status.STARTED, Status.FAILED, Status.EXPIRED)  # no money has come

    reference = models.CharField(max_length=20, unique=True, default=new_reference)
    attempt = models.CharField(max_length=64, blank=True, db_index=True)
    attempt_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    current = models.BooleanField(default=False)
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.STRIPE)
    description = models.TextField(blank=True)  # of what was given in kind
    shares = models.DecimalField(_("number of shares"), max_digits=18, decimal_places=6, null=True, blank=True)
    security = models.CharField(_("shares of"), max_length=120, blank=True, default="")  # company, with its ticker
    sponsor = models.CharField(_("sponsor of the donor-advised fund"), max_length=200, blank=True, default="")
    bank_reference = models.CharField(_("cheque number or reference"), max_length=60, blank=True, default="")
    batch = models.ForeignKey(
        "Batch",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="gifts",
        verbose_name=_("batch of cheques"),
    )
    benefit = models.TextField(_("received in return"), blank=True)  # such as a dinner; empty: nothing
    benefit_value = models.PositiveBigIntegerField(default=0)  # our estimate of its worth
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    fee_cover = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField()
    email = models.EmailField(max_length=254)  # empty where staff entered a gift of somebody without one
    name = models.CharField(max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True, default="")  # if the gift is a business's
    name_public = models.BooleanField(_("name may be shown"), default=False)
    fund = models.ForeignKey(Fund, null=True, blank=True, on_delete=models.PROTECT, related_name="gifts")
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="gifts")
    language = models.CharField(max_length=12, default="en")  # of the page where it was given; our letters speak it
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.STARTED)
    session_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    session_url = models.TextField(blank=True, default="")
    session_attempt = models.PositiveSmallIntegerField(default=0)
    session_expires_at = models.DateTimeField(null=True, blank=True)
    session_failed = models.BooleanField(default=False)
    payment_intent_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    invoice_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="gifts")
    supporter = models.ForeignKey(Supporter, null=True, blank=True, on_delete=models.PROTECT, related_name="gifts")
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = GiftQuerySet.as_manager()
    sought_in = ("reference", "name", "company", "email", "sponsor", "security", "bank_reference")

    class Meta:
        ordering = ["-id"]
        verbose_name = _("gift")
        permissions = [("export_gift", _("Can export gifts"))]
        indexes = [
            models.Index(fields=["status", "created_at"], name="gift_status"),
            models.Index(fields=["status", "-id"], name="gift_of_status"),
            models.Index(fields=["currency", "-id"], name="gift_of_currency"),
            models.Index(fields=["method", "-id"], name="gift_offline", condition=~Q(method="stripe")),
            models.Index(fields=["frequency", "-id"], name="gift_repeated", condition=~Q(frequency="once")),
            models.Index(fields=["-id"], name="gift_named", condition=Q(name_public=True)),
            models.Index(fields=["total"], name="gift_sum"),
            models.Index(fields=["created_at"], name="gift_begun"),
            models.Index(fields=["paid_at"], name="gift_paid"),
            models.Index(Upper("email"), name="gift_giver"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(total=F("amount") + F("fee_cover")), name="gift_total_is_its_sum"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & ~Q(method="in_kind")
                | Q(amount=0, method="in_kind", currency="XXX") & ~Q(description=""),
                name="gift_is_a_sum_or_is_described",
            ),
            models.CheckConstraint(
                condition=Q(method="daf") & ~Q(sponsor="") | ~Q(method="daf") & Q(sponsor=""),
                name="gift_of_a_fund_has_a_sponsor",
            ),
            models.CheckConstraint(
                condition=Q(method="shares", shares__gt=0) & ~Q(security="")
                | ~Q(method="shares") & Q(shares__isnull=True, security=""),
                name="gift_of_shares_is_described",
            ),
            models.CheckConstraint(condition=~Q(status="paid") | Q(paid_at__isnull=False), name="gift_paid_has_a_day"),
            models.UniqueConstraint(fields=["attempt"], condition=Q(current=True), name="gift_form_has_one_wish"),
        ]

    def __str__(self) -> str:
        return self.reference

    @column(_("name"), sorted_by="name")
    def giver(self) -> str:
        """Whom its receipt names, and whom we thank where donors are named: the company, else the person; where nobody
        is known who recommended it, the sponsor of the fund.
        """
        return self.company or self.name or self.sponsor

    @property
    def is_paid(self) -> bool:
        return self.status == self.Status.PAID

    @property
    def is_offline(self) -> bool:
        """Whether staff entered it: whatever came without Stripe."""
        return self.method != Method.STRIPE

    @property
    def is_in_kind(self) -> bool:
        return self.method == Method.IN_KIND

    @property
    def is_recommended(self) -> bool:
        """Whether a donor-advised fund gave it: whoever recommended it deducted that already, and gets no receipt."""
        return self.method == Method.DAF

    @property
    def thing(self) -> str:
        """What was given where no paper may name a sum: something in kind, or shares. Empty for money."""
        if self.shares is None:
            return self.description
        words = ngettext("%(number)s share of %(security)s", "%(number)s shares of %(security)s", _many(self.shares))
        number = number_format(self.shares.normalize(), use_l10n=True, force_grouping=True)
        return words % {"number": number, "security": self.security}

    @column(_("total"), sorted_by="total")
    def total_text(self) -> str:
        return str(Method.IN_KIND.label) if self.is_in_kind else money.exact(self.total, self.currency)

    benefit_text = money_column("benefit_value", _("its worth, as we estimate"))

    @column(_("card fee, as booked"))
    def real_fee_text(self) -> str:
        """What the payment really cost, as booked, beside what the donor added for it."""
        fees = self.entries.filter(kind__in=["fee", "fee_returned"]).order_by().values_list("settled_currency")
        return ", ".join(money.exact(-fee, code) for code, fee in fees.annotate(sum=Sum("amount")))

    @column(_("dedication"))
    def dedication_text(self) -> str:
        dedication = getattr(self, "dedication", None)
        return str(dedication) if dedication else ""

    @column(_("given back or disputed"))
    def returned_text(self) -> str:
        """What came back of it, read from the ledger: the status of a paid gift never goes back."""
        returned = getattr(self, "returned", None)
        if returned is None:
            returned = Gift.objects.with_returns().get(pk=self.pk).returned  # type: ignore[attr-defined]
        return money.exact(-returned, self.currency) if returned else ""
