"""Gift Aid: what donors declared, in which words, and which gifts the charity claimed for."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Min, Q
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.models.columns import money_column
from donations.models.gifts import Gift
from foundation.append_only.models import AppendOnlyManager, AppendOnlyModel
from staff.columns import column
from supporters.models import Supporter

STERLING = "GBP"
TAX_BASIS = 25  # pence of tax for each pound given, while the basic rate is 20 %


def tax_on(amount: int) -> int:
    """The tax that a sum given stands for, in pence."""
    return amount * TAX_BASIS // 100


class GiftAidDeclaration(models.Model):
    """What one person declared, once: a change of name or home is a further row, and of two the later counts.

    It belongs to `supporter`, or else to the supporter of the `gift` with which it was made: one typed on the giving
    form counts once that gift has come. Nothing in a row changes but `cancelled_at`, and what an erasure takes.
    """

    class Scope(models.TextChoices):
        GIFT = "gift", _("this gift")
        FUTURE = "future", _("this gift and those to come")
        PAST = "past", _("those of the past four years too")

    class Way(models.TextChoices):
        FORM = "form", _("on the giving form")
        MY = "my", _("on My page")
        PAPER = "paper", _("on paper")
        ORAL = "oral", _("spoken")

    supporter = models.ForeignKey(
        Supporter, null=True, blank=True, on_delete=models.PROTECT, related_name="gift_aid_declarations"
    )
    gift = models.ForeignKey(
        Gift, null=True, blank=True, on_delete=models.PROTECT, related_name="gift_aid_declarations"
    )
    title = models.CharField(_("title"), max_length=4, blank=True)
    first_name = models.CharField(_("first name"), max_length=35, blank=True)
    last_name = models.CharField(_("last name"), max_length=35, blank=True)
    home = models.CharField(_("home"), max_length=200, blank=True)  # house name or number; abroad the whole address
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)  # empty outside of the United Kingdom
    scope = models.CharField(_("for"), max_length=6, choices=Scope.choices)
    way = models.CharField(_("how"), max_length=5, choices=Way.choices)
    text = models.TextField(_("wording"))  # all that was agreed to, as it stood there
    language = models.CharField(_("language"), max_length=12)
    digest = models.CharField(max_length=16)  # of the text, SHA-256: which wording it was
    declared_at = models.DateTimeField(_("declared"))  # UTC; of one on paper or spoken noon of its day
    written_at = models.DateTimeField(_("entered"), auto_now_add=True)
    record_on = models.DateField(_("written record sent"), null=True, blank=True)  # of a spoken one
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("taken by"),
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        ordering = ["-declared_at", "-id"]
        verbose_name = _("Gift Aid declaration")
        constraints = [
            models.CheckConstraint(
                condition=Q(supporter__isnull=False) | Q(gift__isnull=False), name="gift_aid_is_somebodys"
            ),
            models.CheckConstraint(
                condition=~Q(way="oral") | Q(record_on__isnull=False), name="gift_aid_spoken_is_recorded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.declarant()}, {self.get_scope_display()}"

    @column(_("name"), sorted_by="last_name")
    def declarant(self) -> str:
        return " ".join(filter(None, [self.title, self.first_name, self.last_name]))

    @column(_("home"))
    def home_text(self) -> str:
        return ", ".join(filter(None, [self.home, self.postcode]))


class GiftAidClaim(models.Model):
    """One claim of the charity, with the schedule that went to the tax office."""

    number = models.PositiveIntegerField(_("number"), unique=True)
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("made by")
    )

    class Meta:
        ordering = ["-number"]
        verbose_name = _("Gift Aid claim")

    def __str__(self) -> str:
        return str(self.number)

    @column(_("claimed"))
    def total_text(self) -> str:
        return money.exact(self._sum("gift"), STERLING)

    @column(_("taken off"))
    def off_text(self) -> str:
        return money.exact(-self._sum("back"), STERLING)

    @column(_("day of the earliest gift"))
    def earliest_text(self) -> str:
        """The tax office asks for it above its schedule."""
        first = self.lines.filter(kind="gift").aggregate(first=Min("day"))["first"]
        return f"{first:%d/%m/%y}" if first else ""

    @column(_("tax claimed too much, to be entered with it"))
    def tax_off_text(self) -> str:
        return money.exact(tax_on(-self._sum("back")), STERLING)

    def _sum(self, kind: str) -> int:
        return sum(self.lines.filter(kind=kind).values_list("amount", flat=True))


class GiftAidLine(AppendOnlyModel):
    """One gift in a claim; or what is taken off a later claim, because money of it went back since or it turned out to
    be none of Gift Aid. What is claimed of a gift is the sum of its lines.

    `amount`: minor units of sterling, below zero for what is taken off. `day` is the gift's on our own calendar. `nth`:
    a gift is claimed a second time where it came back after it was taken off, as when a dispute is won.
    """

    class Kind(models.TextChoices):
        GIFT = "gift", _("claimed")
        BACK = "back", _("taken off")

    claim = models.ForeignKey(GiftAidClaim, on_delete=models.PROTECT, related_name="lines")
    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="gift_aid_lines")
    declaration = models.ForeignKey(GiftAidDeclaration, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    amount = models.BigIntegerField()
    day = models.DateField(_("day"))
    nth = models.PositiveSmallIntegerField(default=1)

    objects: ClassVar[AppendOnlyManager[Any]] = AppendOnlyManager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("Gift Aid line")
        permissions = [("export_giftaidline", _("Can export the schedules of Gift Aid claims"))]
        constraints = [
            models.UniqueConstraint(fields=["gift", "nth"], condition=Q(kind="gift"), name="gift_aid_claimed_once"),
            models.UniqueConstraint(fields=["claim", "gift", "kind"], name="gift_aid_one_line_a_claim"),
            models.CheckConstraint(
                condition=Q(kind="gift", amount__gt=0) | Q(kind="back", amount__lt=0), name="gift_aid_line_has_a_sum"
            ),
        ]

    def __str__(self) -> str:
        return self.amount_text()

    @property
    def currency(self) -> str:
        return STERLING

    amount_text = money_column("amount", _("amount"))

    # The columns of the tax office's schedule; its own headings, in its order (donations/panel/gift_aid_claims.py).

    @column("Title")
    def schedule_title(self) -> str:
        return self.declaration.title

    @column("First name")
    def schedule_first_name(self) -> str:
        return self.declaration.first_name

    @column("Last name")
    def schedule_last_name(self) -> str:
        """It asks for a blank where a name of two parts has a hyphen."""
        return self.declaration.last_name.replace("-", " ")

    @column("House name or number")
    def schedule_home(self) -> str:
        return self.declaration.home

    @column("Postcode")
    def schedule_postcode(self) -> str:
        return self.declaration.postcode or "X"  # outside of the United Kingdom

    @column("Aggregated donations")
    def schedule_aggregated(self) -> str:
        return ""

    @column("Sponsored event")
    def schedule_sponsored(self) -> str:
        return ""

    @column("Donation date")
    def schedule_date(self) -> str:
        return f"{self.day:%d/%m/%y}"

    @column("Amount")
    def schedule_amount(self) -> str:
        return f"{self.amount // 100}.{self.amount % 100:02d}"
