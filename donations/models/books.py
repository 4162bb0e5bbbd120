"""The books: append-only ledger entries, and numbered receipts that nobody edits."""

import secrets
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.models.campaigns import Campaign
from donations.models.columns import money_column
from donations.models.gifts import ALPHABET, NO_CURRENCY, Gift, Method
from donations.models.livemode import of_this_money
from foundation.append_only.models import AppendOnlyModel, AppendOnlyQuerySet
from foundation.organisation.tax_years import Country
from staff.columns import column


class LedgerQuerySet(AppendOnlyQuerySet["LedgerEntry"]):
    def giving(self) -> "LedgerQuerySet":
        """Entries of gifts and of what went back of them (refund, dispute): no fees, no payouts, no foreign money."""
        return self.filter(kind__in=GIVING)

    def counted(self) -> "LedgerQuerySet":
        """Entries that are counted and shown as raised: of the mode, live or test, in which money moves now."""
        return self.giving().filter(of_this_money())

    def of_campaign(self, campaign: Campaign) -> "LedgerQuerySet":
        """Entries of a campaign in its currency, online or offline, of its lead gift too, and of what went back."""
        through_it = Q(gift__campaign=campaign)
        if campaign.lead_gift_id:
            through_it |= Q(gift=campaign.lead_gift_id)
        return self.filter(through_it, currency=campaign.currency.code)

    def foreign(self) -> "LedgerQuerySet":
        """Foreign entries: money on the account that no gift of ours asked for, as far as we know now."""
        back = LedgerEntry.objects.filter(
            kind=LedgerEntry.Kind.FOREIGN_REVERSAL, stripe_object=OuterRef("stripe_object")
        )
        return self.filter(~Exists(back), kind=LedgerEntry.Kind.FOREIGN)

    def people(self) -> int:
        """How many supporters have given something that did not all go back."""
        left = self.counted().exclude(gift__supporter=None).order_by().values("gift__supporter")
        return left.annotate(sum=Sum("amount")).filter(sum__gt=0).count()

    def raised(self) -> dict[str, int]:
        """What was raised, by currency, in its minor units: received less refunds and disputes, without fee cover."""
        rows = self.counted().order_by().values("currency").annotate(sum=Sum(F("amount") - F("cover")))
        return {row["currency"]: row["sum"] for row in rows}

    def kept(self, gift: Gift) -> tuple[int, int]:
        """What is left of a gift, in minor units of its currency: all of it, and the fee cover in that."""
        found = self.giving().filter(gift=gift).aggregate(total=Sum("amount"), cover=Sum("cover"))
        return found["total"] or 0, found["cover"] or 0

    def beyond(self, gift: Gift) -> int:
        """What went back of a gift beyond all of it, in minor units of its currency; zero or less."""
        return int(self.filter(gift=gift).aggregate(sum=Sum("beyond"))["sum"] or 0)


class LedgerEntry(AppendOnlyModel):
    """One ledger entry: a movement of money, named by the Stripe object that moved it and its kind (idempotency key).

    `amount` is what moved in the currency of the gift, `settled` what it did to our balance at Stripe in the currency
    of the account (both signed minor units). The sum of `settled` is the balance. Where Stripe does not know the
    settlement yet, `settled` is empty and a row of the kind "settlement" brings it later. `cover` is the part of
    `amount` that covers the card fee, with the same sign. `beyond` is what a dispute took, or gave back, beyond all of
    the gift, in its currency: `amount` never takes more than was left.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", _("gift received")
        SETTLEMENT = "settlement", _("settled later")
        FEE = "fee", _("card fee")
        FEE_RETURNED = "fee_returned", _("fee given back")
        REFUND = "refund", _("refund")
        REFUND_REVERSAL = "refund_reversal", _("refund that failed")
        DISPUTE = "dispute", _("dispute")
        DISPUTE_REVERSAL = "dispute_reversal", _("dispute won")
        STRIPE_FEE = "stripe_fee", _("fee of Stripe's own")
        ADJUSTMENT = "adjustment", _("adjustment")
        FOREIGN = "foreign", _("not ours")
        FOREIGN_REVERSAL = "foreign_reversal", _("ours after all")
        PAYOUT = "payout", _("payout")
        OFFLINE = "offline", _("received elsewhere")
        CORRECTION = "correction", _("entered wrongly")  # takes such a row back

    kind = models.CharField(max_length=20, choices=Kind.choices)
    stripe_object = models.CharField(max_length=120)
    balance_transaction = models.CharField(max_length=120, blank=True, db_index=True)
    gift = models.ForeignKey(Gift, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()
    cover = models.BigIntegerField(default=0)
    beyond = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    settled = models.BigIntegerField(null=True, blank=True)
    settled_currency = models.CharField(max_length=3, blank=True)
    occurred_at = models.DateTimeField()
    day = models.DateField(db_index=True)  # on the organisation's own calendar
    livemode = models.BooleanField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = models.Manager.from_queryset(LedgerQuerySet)()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        permissions = [("export_ledgerentry", _("Can export ledger entries"))]
        indexes = [
            models.Index(fields=["kind", "-id"], name="ledger_of_kind"),
            models.Index(fields=["currency", "-id"], name="ledger_of_currency"),
            models.Index(fields=["amount"], name="ledger_sum"),
            models.Index(fields=["kind", "occurred_at"], name="ledger_kind_when"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["stripe_object", "kind"], name="ledger_entry_once"),
            models.CheckConstraint(
                condition=Q(settled__isnull=True, settled_currency="")
                | (Q(settled__isnull=False) & ~Q(settled_currency="")),
                name="ledger_settled_has_currency",
            ),
            models.CheckConstraint(condition=~Q(kind="charge") | Q(amount__gt=0), name="ledger_charge_is_income"),
            models.CheckConstraint(condition=~Q(kind="fee") | Q(amount__lte=0), name="ledger_fee_is_cost"),
            models.CheckConstraint(
                condition=~Q(kind__in=["refund", "dispute"]) | Q(amount__lte=0, beyond__lte=0),
                name="ledger_return_is_cost",
            ),
            models.CheckConstraint(
                condition=~Q(kind="correction") | Q(amount__lt=0), name="ledger_correction_takes_back"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["refund_reversal", "dispute_reversal"]) | Q(amount__gte=0, beyond__gte=0),
                name="ledger_reversal_is_income",
            ),
            models.CheckConstraint(
                condition=~Q(kind="fee_returned") | Q(amount__gt=0), name="ledger_fee_returned_is_income"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {money.exact(self.amount, self.currency)}"

    amount_text = money_column("amount", _("amount"))

    settled_text = money_column("settled", _("on the balance"), currency="settled_currency")


GIVING = [
    LedgerEntry.Kind.CHARGE,
    LedgerEntry.Kind.REFUND,
    LedgerEntry.Kind.REFUND_REVERSAL,
    LedgerEntry.Kind.DISPUTE,
    LedgerEntry.Kind.DISPUTE_REVERSAL,
    LedgerEntry.Kind.OFFLINE,
    LedgerEntry.Kind.CORRECTION,
]


def new_code() -> str:
    """Return a random check code, which a third party types to verify a receipt: sixteen characters, 80 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


class ReceiptCounter(models.Model):
    """The last receipt number issued, for one series and year. Locked while a number is taken."""

    series = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="receipt_one_counter")]

    def __str__(self) -> str:
        return f"{self.series} {self.year}: {self.last}"


class ReceiptQuerySet(AppendOnlyQuerySet["Receipt"]):
    def with_code(self, label: str, code: str) -> "Receipt | None":
        """The receipt of that number and check code, or None."""
        return self.filter(label=label, code=code).first()

    def current(self) -> "ReceiptQuerySet":
        """Receipts in force: those that no later one replaced."""
        return self.filter(replaced_by=None)


class Receipt(AppendOnlyModel):
    """A numbered document about one gift, with the words and facts as they were on the day it was issued.

    A correction is a further receipt that names the one it replaces.
    """

    class Goods(models.TextChoices):
        """What the giver got in return, as United States law asks a receipt to say."""

        NONE = "none", _("nothing")
        RELIGIOUS = "religious", _("intangible religious benefits alone")
        DESCRIBED = "described", _("what is described, with an estimate of its worth")

    DEMO = "DEMO"  # no money moved; a real series is the organisation's setting
    THANKS = "THANKS"  # before a series: of acknowledgments, which are no receipts for tax. Longer than any series

    entity = models.CharField(max_length=200)  # as printed; what numbers are counted by is the series
    entity_address = models.TextField(blank=True)  # its postal address on that day
    series = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=40, unique=True)  # "R-2026-000017", as printed
    code = models.CharField(max_length=16, unique=True, default=new_code)
    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="receipts")
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    name = models.CharField(max_length=200, blank=True)
    sponsor = models.CharField(max_length=200, blank=True, default="")  # who gave, where `name` recommended it
    day = models.DateField()  # the gift's, on the organisation's own calendar
    frequency = models.CharField(max_length=8)
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    fee_cover = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField()
    designation = models.CharField(max_length=80, blank=True)  # the fund or campaign it is for, by its name then
    campaign = models.CharField(max_length=120, blank=True)  # through which it came, where a fund is named above
    dedication = models.CharField(max_length=300, blank=True)  # "in honour of Anne", in the donor's language
    way = models.CharField(max_length=40, blank=True)  # how it was paid, as Stripe names it: "apple_pay", "sepa_debit"
    brand = models.CharField(max_length=40, blank=True)  # of the card: "visa"
    last_four = models.CharField(max_length=4, blank=True)  # of the card or account
    next_on = models.DateField(null=True, blank=True)  # of a gift that repeats: its next payment, as known then
    year_total = models.PositiveBigIntegerField(null=True, blank=True)  # and its payments of the year until this one
    description = models.TextField(blank=True)  # of a thing or shares: then no sum is said, whatever `total` counts
    country = models.CharField(max_length=2, choices=Country.choices, default=Country.US)  # whose wording it has
    registration_number = models.CharField(max_length=60, blank=True)
    tax_statement = models.TextField(blank=True)
    goods = models.CharField(max_length=10, choices=Goods.choices, default=Goods.NONE)  # which the next line says
    goods_statement = models.TextField(blank=True)  # empty where no law asks for one
    gift_aid_statement = models.TextField(blank=True)  # that its giver declared it, in the United Kingdom
    livemode = models.BooleanField()
    issued_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = models.Manager.from_queryset(ReceiptQuerySet)()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        verbose_name = _("receipt")
        indexes = [models.Index(fields=["day"], name="receipt_day")]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "number"], name="receipt_number_once"),
            models.UniqueConstraint(fields=["gift"], condition=Q(replaces=None), name="receipt_one_for_each_gift"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_demo(self) -> bool:
        """Whether no money moved: this is no receipt."""
        return self.series == self.DEMO

    def newest(self) -> "Receipt":
        """The receipt in force: itself, or the last of those that replaced it."""
        return Receipt.objects.current().get(gift=self.gift_id)

    @property
    def is_in_kind(self) -> bool:
        """Whether something was given in kind: it is described, and has no sum in our books either."""
        return self.currency == NO_CURRENCY

    @property
    def is_described(self) -> bool:
        """Whether it says what was given, a thing or shares, and states no value."""
        return bool(self.description)

    @property
    def is_void(self) -> bool:
        """Whether nothing is left of the gift."""
        return not self.total and not self.is_in_kind

    @property
    def is_thanks(self) -> bool:
        """Whether it thanks somebody for what a donor-advised fund gave: no receipt, and never one for tax."""
        return bool(self.sponsor)

    @column(_("total"), sorted_by="total")
    def total_text(self) -> str:
        if self.is_described:
            return str(Method.IN_KIND.label if self.is_in_kind else Method.SHARES.label)
        return money.exact(self.total, self.currency)
