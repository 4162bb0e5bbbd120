"""Settings of the organisation, and the site's identity: to which address and Stripe account this database belongs."""

import hashlib
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from foundation.organisation import addresses, colours, elsewhere, once, tax_years
from foundation.organisation.entity_form import OrganisationForm
from foundation.organisation.tax_years import Country, TaxYear

LEAVE_URL = "https://www.weather.gov/"


def known_zone(name: str) -> None:
    """Raise ValidationError unless the name is a time zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is no time zone. An example of one: America/Los_Angeles."), params={"name": name}
        )


def known_series(series: str) -> None:
    """Raise ValidationError unless it can stand before the number of a receipt."""
    if not re.fullmatch(r"[A-Z][A-Z0-9]{0,5}", series) or series.startswith("DEMO"):
        raise ValidationError(_("Capitals and digits, six at most, the first a capital, and not DEMO."))


COLOUR_HELP = _("As # and six digits, for example #145146. Checked for contrast when you save. Empty: ours.")


@register_setting(icon="home", order=1)
class Organisation(once.ReadOnce, BaseGenericSetting):  # type: ignore[misc]  # Wagtail has no types
    """The charity itself. Every page, letter and receipt takes its words about us from here."""

    name = models.CharField(_("name"), max_length=120, default="The Road Out")
    legal_name = models.CharField(
        _("legal name"), max_length=200, blank=True, help_text=_("As registered; stands on receipts.")
    )
    registration_number = models.CharField(
        _("registration number"),
        max_length=60,
        blank=True,
        help_text=_("EIN or charity number. Receipts say nothing about tax until this is filled in."),
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        choices=Country.choices,
        default=Country.US,
        help_text=_("Whose law our receipts and statements speak for: their sentences, and where the tax year begins."),
    )
    hmrc_reference = models.CharField(
        _("HMRC charity reference"),
        max_length=7,
        blank=True,
        validators=[tax_years.known_reference],
        help_text=_("United Kingdom: with it the giving form offers Gift Aid, and gifts can be claimed. Else empty."),
    )
    receipt_series = models.CharField(
        _("series of receipts"),
        max_length=6,
        default="R",
        validators=[known_series],
        help_text=_(
            "Stands before the year and the number, as in R-2026-000017. Another legal entity needs another series: "
            "its numbers begin at 1. A name that is only written otherwise keeps it."
        ),
    )
    religious_benefits = models.BooleanField(
        _("givers receive intangible religious benefits"),
        default=False,
        help_text=_(
            "For a religious charity of the United States alone. Receipts then say that nothing else was given in "
            "return. Without the tick they say that nothing was."
        ),
    )
    tax_statement = models.TextField(
        _("tax statement"),
        blank=True,
        help_text=_("Printed on receipts only together with the registration number."),
    )
    status_note = models.CharField(
        _("line about our status"),
        max_length=200,
        blank=True,
        help_text=_("At the foot of every page, for example: a 501(c)(3) nonprofit organization. Empty: no line."),
    )
    address = models.TextField(_("postal address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("general e-mail"), blank=True)
    press_email = models.EmailField(_("press e-mail"), blank=True)
    letters_from = models.EmailField(
        _("letters come from"), blank=True, help_text=_("Empty: the address set on the server.")
    )
    logo = models.ForeignKey(
        "wagtailimages.Image",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("logo"),
        help_text=_(
            "At the head of every page, beside nothing else: let it hold the name. Empty: our line and the name."
        ),
    )
    band_colour = models.CharField(
        _("colour of dark bands"), max_length=7, blank=True, validators=[colours.known], help_text=COLOUR_HELP
    )
    button_colour = models.CharField(
        _("colour of buttons and drawings"), max_length=7, blank=True, validators=[colours.known], help_text=COLOUR_HELP
    )
    link_colour = models.CharField(
        _("colour of links"), max_length=7, blank=True, validators=[colours.known], help_text=COLOUR_HELP
    )
    social = models.TextField(
        _("where else you are"),
        blank=True,
        validators=[elsewhere.check],
        help_text=_(
            "Addresses at other sites, one a line, each with https:// at its head. They stand at the foot of pages."
        ),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="America/Los_Angeles",
        validators=[known_zone],
        help_text=_("Gifts are dated, and tax years begin and end, in this zone."),
    )
    leave_url = models.URLField(
        _("where “Leave this site” goes"),
        default=LEAVE_URL,
        help_text=_("An everyday page that shows nothing about the reader, such as a weather service."),
    )
    is_sample = models.BooleanField(
        _("this is the sample charity"),
        default=True,
        help_text=_(
            "The band of a demonstration then says so. Take the tick away once the name and the rest are yours."
        ),
    )

    base_form_class = OrganisationForm
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("name"),
                FieldPanel("legal_name"),
                FieldPanel("country"),
                FieldPanel("registration_number"),
                FieldPanel("hmrc_reference"),
                FieldPanel("same_entity"),
                FieldPanel("receipt_series"),
                FieldPanel("religious_benefits"),
                FieldPanel("tax_statement"),
                FieldPanel("status_note"),
            ],
            heading=_("Identity"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("address"),
                FieldPanel("phone"),
                FieldPanel("email"),
                FieldPanel("press_email"),
                FieldPanel("letters_from"),
            ],
            heading=_("How to reach us"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("logo"),
                FieldPanel("band_colour"),
                FieldPanel("button_colour"),
                FieldPanel("link_colour"),
                FieldPanel("social"),
            ],
            heading=_("How you look, and where else you are"),
        ),
        FieldPanel("time_zone"),
        FieldPanel("leave_url"),
        FieldPanel("is_sample"),
    ]

    class Meta:
        verbose_name = _("Organisation")
        permissions = [("export_report", _("Can export reports, redirects and the site's history"))]

    def clean(self) -> None:
        """Raise ValidationError, by field, for an address that leads nowhere and colours nobody could tell apart."""
        super().clean()
        addresses.field("leave_url", self.leave_url)
        if all(colours.HEX.fullmatch(each) for each in self._colours() if each):
            colours.check(*self._colours())

    def _colours(self) -> tuple[str, str, str]:
        return self.band_colour, self.button_colour, self.link_colour

    @property
    def printed_name(self) -> str:
        """Who we are on receipts."""
        return self.legal_name or self.name

    @property
    def wears_colours(self) -> bool:
        return any(self._colours())

    def colours_sheet(self) -> str:
        return colours.sheet(*self._colours())

    def worn(self) -> dict[str, str]:
        """The colours of letters and documents."""
        return colours.worn(*self._colours())

    def colours_digest(self) -> str:
        return hashlib.sha256(self.colours_sheet().encode()).hexdigest()[:12]

    @property
    def colours_address(self) -> str:
        """Of the style sheet that stands after ours; empty while all colours are ours."""
        return reverse("brand-colours", args=[self.colours_digest()]) if self.wears_colours else ""

    @property
    def logo_address(self) -> str:
        """Empty without one. Asks nothing of the database: it stands on every page."""
        return reverse("brand-logo", args=[self.logo_id]) if self.logo_id else ""

    @property
    def places(self) -> list[elsewhere.Place]:
        return elsewhere.places(self.social)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def offers_gift_aid(self) -> bool:
        """Whether HM Revenue & Customs knows it as a charity, as far as we are told."""
        return self.country == Country.GB and bool(self.hmrc_reference)

    def tax_year(self, beginning: int) -> TaxYear:
        return tax_years.beginning(beginning, self.country)

    def tax_year_of(self, day: date) -> TaxYear:
        return tax_years.holding(day, self.country)

    def today(self) -> date:
        """The date on the organisation's own calendar."""
        return self.day_of(timezone.now())

    def day_of(self, moment: datetime) -> date:
        """The date, on the organisation's own calendar, of a moment with a time zone."""
        return moment.astimezone(self.zone).date()


def further_languages() -> list[tuple[str, str]]:
    return list(settings.LANGUAGES[1:])


class LanguageReview(models.Model):
    """Who, speaking it, has read the site in one of its further languages. Until then its pages say that nobody has."""

    language = models.CharField(_("language"), max_length=12, unique=True, choices=further_languages)
    reviewer = models.CharField(_("read by a speaker"), max_length=120, help_text=_("For staff. Never shown."))
    checked_on = models.DateField(_("read on"))

    class Meta:
        verbose_name = _("language read by a speaker")
        verbose_name_plural = _("languages read by a speaker")
        ordering = ["language"]

    def __str__(self) -> str:
        return self.get_language_display()


class SiteIdentity(models.Model):
    """Site identity, one row: this database's address and Stripe account. By it the clone guard knows a copy."""

    base_url = models.CharField(max_length=300, blank=True)
    stripe_account = models.CharField(max_length=120, blank=True)
    refused = models.TextField(blank=True)  # why money or mail was held back last, for the panel; empty once claimed
    claimed_at = models.DateTimeField(auto_now=True)
    # When the copy was made that this database was restored from (UTC). Empty once a person has claimed the site.
    copied_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        if self.copied_at:
            return f"nowhere, since it was restored from a copy of {self.copied_at:%Y-%m-%d %H:%M} UTC"
        return f"{self.base_url or 'any address'} with {self.stripe_account or 'no Stripe account yet'}"
