"""Hotlines by country: only published rows are shown; where a country has none, its emergency number is."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from awareness.checked import Checked
from foundation.organisation import addresses, countries

HOME_COUNTRY = "US"  # its support line stands at the top of every page
NUMBER = re.compile(r"^\+?[0-9][0-9 ()-]*$")


class Phone(NamedTuple):
    """A phone number as printed, and its tel: URL."""

    text: str
    url: str


class Site(NamedTuple):
    text: str
    url: str


def country_choices() -> list[tuple[str, str]]:
    return list(countries.names().items())


def check_phones(value: str) -> None:
    """Field validator. Raises ValidationError for a line that cannot be dialled."""
    for line in _lines(value):
        if not NUMBER.match(line):
            raise ValidationError(_("“%(line)s” is no phone number."), params={"line": line})


class HotlineQuerySet(models.QuerySet["Hotline"]):
    def published(self) -> "HotlineQuerySet":
        return self.filter(published=True)


class Hotline(Checked):
    """One hotline. Staff notes are separate and never shown."""

    class Kind(models.TextChoices):
        SUPPORT = "support", _("Support")
        REPORT = "report", _("Takes reports")
        POLICE = "police", _("Police")
        GENERAL = "general", _("General help line")
        PROFESSIONALS = "professionals", _("For professionals")
        EMERGENCY = "emergency", _("Emergency")

    slug = models.SlugField(_("short name"), unique=True, max_length=80)
    country = models.CharField(_("country"), max_length=2, choices=country_choices)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    phones = models.TextField(_("phone numbers"), blank=True, validators=[check_phones], help_text=_("One a line."))
    sms = models.CharField(
        _("text message"), max_length=60, blank=True, help_text=_("Only once a person confirmed the code.")
    )
    web = models.TextField(_("web addresses"), blank=True, help_text=_("One a line, without https://"))
    hours = models.CharField(_("hours"), max_length=120, blank=True)
    emergency = models.CharField(
        _("emergency number of the country"), max_length=20, blank=True, validators=[RegexValidator(NUMBER)]
    )
    published = models.BooleanField(_("published"), default=False, help_text=_("Off: the row is not shown."))
    order = models.PositiveSmallIntegerField(_("order within the country"), default=0)
    staff_notes = models.TextField(_("staff notes"), blank=True, help_text=_("Never shown on the site."))

    objects = HotlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("hotline")
        verbose_name_plural = _("hotlines")
        ordering = ["country", "order", "name"]

    def __str__(self) -> str:
        return f"{self.country}: {self.name}"

    def clean(self) -> None:
        super().clean()
        for line in _lines(self.web):
            if "://" in line:
                raise ValidationError({"web": _("“%(line)s”: write it without https://") % {"line": line}})
            addresses.field("web", f"https://{line}")
        if self.published and not (self.phones.strip() or self.web.strip()):
            raise ValidationError(_("A row without a number and without an address cannot be published."))

    @property
    def numbers(self) -> list[Phone]:
        return [dial(line, self.country) for line in _lines(self.phones)]

    @property
    def sites(self) -> list[Site]:
        return [Site(line, f"https://{line}") for line in _lines(self.web)]


class Country(NamedTuple):
    """The hotlines of one country, for Get help."""

    code: str
    name: str
    lines: list[Hotline]
    emergency: Phone | None


def by_country() -> list[Country]:
    """Return every country with a known line, by name. One query. The reader chooses; no IP address is looked up."""
    names = countries.names()
    grouped: dict[str, list[Hotline]] = {}
    for row in Hotline.objects.all():
        grouped.setdefault(row.country, []).append(row)
    found = [
        Country(
            code=code,
            name=names.get(code, code),
            lines=[row for row in rows if row.published],
            emergency=_emergency(rows),
        )
        for code, rows in grouped.items()
    ]
    shown = [country for country in found if country.lines or country.emergency]
    return sorted(shown, key=lambda country: country.name)


def home_line() -> Hotline | None:
    """Return the published support line of the home country, for the strip on every page."""
    rows = Hotline.objects.published().filter(country=HOME_COUNTRY, kind=Hotline.Kind.SUPPORT)
    return rows.exclude(phones="").first()


def dial(text: str, country: str) -> Phone:
    """Return number and tel: URL. North American ones get their +1, so that they also work from a phone that roams."""
    digits = re.sub(r"[^0-9+]", "", text)
    if country in ("US", "CA") and len(digits) == 11 and digits.startswith("1"):
        digits = f"+{digits}"
    return Phone(text, f"tel:{digits}")


def _emergency(rows: Iterable[Hotline]) -> Phone | None:
    number = next((row.emergency for row in rows if row.emergency), "")
    return Phone(number, f"tel:{number}") if number else None


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]
