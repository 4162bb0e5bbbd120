"""Campaigns: one reason to give, with a goal, dates and one currency; and the matching funds of each gift."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField
from wagtail.images import get_image_model_string
from wagtail.models import DraftStateMixin, PreviewableMixin, RevisionMixin

from donations import money
from donations.models.currencies import Currency
from donations.models.funds import Fund
from donations.models.story import STORY
from foundation.organisation import mode
from foundation.organisation.models import Organisation
from staff.columns import column

MOST = 10**12  # minor units: beyond any goal, far below what a database's integer holds
TAKEN_ADDRESSES = ("again", "card", "finish", "thanks")  # they stand under /give/ as well


def free_address(slug: str) -> None:
    """Raise ValidationError when another page of giving stands at that address."""
    if slug in TAKEN_ADDRESSES:
        raise ValidationError(_("Another page has this address. Please choose a different one."))


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def shown(self) -> "CampaignQuerySet":
        """Campaigns that staff have published, whether or not they take gifts now."""
        return self.filter(live=True)

    def named(self, slug: str) -> "Campaign | None":
        """The campaign at that address, if staff have published it. Takes what a visitor sent as it came."""
        return self.shown().filter(slug=slug).first() if slug and "\0" not in slug else None

    def with_totals(self) -> "CampaignQuerySet":
        """Annotate `raised_sum` and `matched_sum` (minor units of the campaign's currency), for lists."""
        gift: Any = self.model.gifts.rel.related_model
        entries = gift.entries.rel.related_model.objects.counted()
        through_it = Q(gift__campaign=OuterRef("pk")) | Q(gift=OuterRef("lead_gift"))
        rows = entries.filter(through_it, currency=OuterRef("currency__code")).order_by()
        raised = rows.values("currency").annotate(sum=Sum(F("amount") - F("cover"))).values("sum")
        settled = {"campaign": OuterRef("pk"), "state": MatchReservation.State.SETTLED}
        matches = MatchReservation.objects.counted().filter(**settled)
        matched = matches.order_by().values("campaign").annotate(sum=Sum("amount")).values("sum")
        return self.annotate(
            raised_sum=Coalesce(Subquery(raised), 0, output_field=models.BigIntegerField()),
            matched_sum=Coalesce(Subquery(matched), 0, output_field=models.BigIntegerField()),
        )


class Campaign(DraftStateMixin, RevisionMixin, PreviewableMixin, models.Model):
    """One appeal at /give/<slug>/. Sums are minor units of its currency, days the organisation's own.

    What it raised is never kept here: the ledger says it.
    """

    class State(models.TextChoices):
        BEFORE = "before", _("not begun")
        OPEN = "open", _("open")
        AFTER = "after", _("over")
        ENDED = "ended", _("ended by staff")

    title = models.CharField(_("title"), max_length=90)
    slug = models.SlugField(
        _("address"), unique=True, max_length=60, validators=[free_address], help_text=_("Stands behind /give/.")
    )
    summary = models.CharField(
        _("one sentence"), max_length=200, help_text=_("Stands under the title, and where the page is shared.")
    )
    story = StreamField(STORY, verbose_name=_("story"), blank=True)
    picture = models.ForeignKey(
        get_image_model_string(), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    picture_alt = models.CharField(
        _("what the picture shows"),
        max_length=200,
        blank=True,
        help_text=_(
            "For people who do not see it. No picture of a person who was harmed, no chains, no staged scenes."
        ),
    )
    currency = models.ForeignKey(
        Currency, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("currency")
    )
    fund = models.ForeignKey(
        Fund,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
        verbose_name=_("fund"),
        help_text=_("What every gift of it is for. Empty: donors choose."),
    )
    goal = models.PositiveBigIntegerField(_("goal"), validators=[MinValueValidator(1), MaxValueValidator(MOST)])
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True, help_text=_("Empty: it stays open."))
    ended = models.BooleanField(
        _("ended"), default=False, help_text=_("Takes no gifts any more, whatever the dates say.")
    )
    closing_words = models.TextField(
        _("words of thanks"), blank=True, help_text=_("Shown once the campaign is over, above the link to give.")
    )
    lead_gift = models.ForeignKey(
        "donations.Gift", null=True, blank=True, on_delete=models.PROTECT, related_name="leads", editable=False
    )
    lead_donor = models.CharField(
        _("who made the lead gift"),
        max_length=120,
        blank=True,
        help_text=_("As the page names them, and only with their agreement. Empty: no name."),
    )
    match_funder = models.CharField(
        _("who matches gifts"), max_length=120, blank=True, help_text=_("Every gift is matched one to one.")
    )
    match_cap = models.PositiveBigIntegerField(
        _("most that is matched"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST)]
    )
    shows_names = models.BooleanField(
        _("first names may stand on the page"),
        default=True,
        help_text=_("Only of donors who choose it with their gift, and only the first name. Off: the page shows none."),
    )
    is_sample = models.BooleanField(_("this is a sample"), default=False, help_text=_("The page then says so."))

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-id"]
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="campaign_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(match_funder="", match_cap__isnull=True) | (~Q(match_funder="") & Q(match_cap__gt=0)),
                name="campaign_match_has_funder_and_cap",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("donations:campaign", args=[self.slug])

    def state_on(self, day: date) -> "Campaign.State":
        """Whether it takes gifts on that day."""
        if self.ended:
            return self.State.ENDED
        if day < self.starts_on:
            return self.State.BEFORE
        return self.State.AFTER if self.ends_on and day > self.ends_on else self.State.OPEN

    @property
    def state(self) -> "Campaign.State":
        """Whether it takes gifts today, by the organisation's own calendar."""
        return self.state_on(Organisation.load().today())

    @property
    def is_open(self) -> bool:
        return self.live and self.state == self.State.OPEN

    @property
    def full_url(self) -> str:
        """Where the panel's “view live” leads."""
        return self.get_absolute_url()

    def get_preview_template(self, request: Any, mode_name: str) -> str:
        return "donations/campaign_preview.html"

    def get_preview_context(self, request: Any, mode_name: str) -> dict[str, Any]:
        return {**super().get_preview_context(request, mode_name), "campaign": self}

    @column(_("goal"))
    def goal_text(self) -> str:
        return money.short(self.goal, self.currency.code)

    @column(_("raised"))
    def raised_text(self) -> str:
        """Only on rows of `with_totals`."""
        return money.short(self.raised_sum, self.currency.code)

    @column(_("matched"))
    def matched_text(self) -> str:
        """Only on rows of `with_totals`: what the funder owes, of how much."""
        if not self.match_cap:
            return ""
        sums = {"used": self.matched_sum, "cap": self.match_cap}
        return _("%(used)s of %(cap)s") % {name: money.short(sum, self.currency.code) for name, sum in sums.items()}

    @column(_("seen"))
    def seen_text(self) -> str:
        """Only on rows of `funnel.counted`, as the next two: how many times its page was opened."""
        return number_format(self.seen, force_grouping=True)

    @column(_("begun"))
    def begun_text(self) -> str:
        return number_format(self.begun, force_grouping=True)

    @column(_("paid"))
    def paid_text(self) -> str:
        return number_format(self.paid, force_grouping=True)

    @column(_("state"))
    def state_text(self) -> str:
        return str(self.state.label) if self.live else gettext("not published")


class MatchQuerySet(models.QuerySet["MatchReservation"]):
    def counted(self) -> "MatchQuerySet":
        """Reservations of gifts in the mode, live or test, in which money moves now: no funder matches a rehearsal."""
        return self.filter(gift__livemode=not mode.no_money_moves())

    def taken(self, campaign: Campaign) -> int:
        """What of a campaign's match is reserved or used, in minor units. Never more than the cap."""
        return self.counted().filter(campaign=campaign).aggregate(sum=Sum("amount"))["sum"] or 0

    def used(self, campaign: Campaign) -> int:
        """What the funder owes for gifts that arrived, in minor units."""
        settled = self.counted().filter(campaign=campaign, state=MatchReservation.State.SETTLED)
        return settled.aggregate(sum=Sum("amount"))["sum"] or 0


class MatchReservation(models.Model):
    """The part of a funder's match that one gift has. Only donations/campaigns/matching.py writes here.

    `promised` is what the gift was given at the start of its payment; `amount` is what counts now: the same while it
    is paid, less what was given back, and nothing once it is released.
    """

    class State(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        SETTLED = "settled", _("matched")
        RELEASED = "released", _("released")

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="matches")
    gift = models.OneToOneField("donations.Gift", on_delete=models.PROTECT, related_name="match")
    promised = models.PositiveBigIntegerField()
    amount = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RESERVED)
    changed_at = models.DateTimeField(auto_now=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("matched gift")
        verbose_name_plural = _("matched gifts")
        indexes = [models.Index(fields=["campaign", "state"], name="match_state")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__lte=F("promised")), name="match_keeps_within_its_promise"),
            models.CheckConstraint(condition=~Q(state="released") | Q(amount=0), name="match_released_is_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.gift_id}: {self.amount}"

    @column(_("matched"))
    def amount_text(self) -> str:
        return money.short(self.amount, self.campaign.currency.code)
