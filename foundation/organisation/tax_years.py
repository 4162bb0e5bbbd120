"""The country whose receipts we write, and its tax years: from 6 April in the United Kingdom, else the calendar's."""

import re
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

REFERENCE = re.compile(r"[A-Z]{1,2}[0-9]{1,5}", re.ASCII)
SLUG = re.compile(r"([0-9]{4})(-[0-9]{2})?", re.ASCII)


def known_reference(reference: str) -> None:
    """Raise ValidationError unless HM Revenue & Customs may have given it to a charity."""
    if not REFERENCE.fullmatch(reference):
        raise ValidationError(_("One or two capitals and up to five digits, as AB12345."))


class Country(models.TextChoices):
    """Where the charity's receipts count. The wording of receipts, statements and their papers goes by it."""

    US = "US", _("United States")
    GB = "GB", _("United Kingdom")
    OTHER = "ZZ", _("another country")  # a code that ISO 3166 leaves free: neutral words, and no law's sentence


class TaxYear(NamedTuple):
    """A tax year, by the year in which it begins."""

    begins: int
    british: bool = False

    @property
    def first(self) -> date:
        return date(self.begins, 4, 6) if self.british else date(self.begins, 1, 1)

    @property
    def last(self) -> date:
        return date(self.begins + 1, 4, 5) if self.british else date(self.begins, 12, 31)

    @property
    def label(self) -> str:
        """As people write it: "2026", in the United Kingdom "2026/27"."""
        return f"{self.begins}/{(self.begins + 1) % 100:02d}" if self.british else str(self.begins)

    @property
    def slug(self) -> str:
        """As files and keys of letters name it: "2026", "2026-27"."""
        return self.label.replace("/", "-")

    @property
    def country(self) -> str:
        """One whose tax year this is."""
        return Country.GB if self.british else Country.OTHER

    def before(self, years: int = 1) -> "TaxYear":
        return self._replace(begins=self.begins - years)


def beginning(year: int, country: str) -> TaxYear:
    """The tax year of a country that begins in `year`."""
    return TaxYear(year, country == Country.GB)


def holding(day: date, country: str) -> TaxYear:
    """The tax year of a country in which a day lies."""
    british = country == Country.GB
    return TaxYear(day.year - (british and (day.month, day.day) < (4, 6)), british)


def named(slug: str) -> TaxYear | None:
    """The tax year that a slug names; None for anything else."""
    found = SLUG.fullmatch(slug)
    if found is None or found[1] == "0000":
        return None
    year = TaxYear(int(found[1]), bool(found[2]))
    return year if year.slug == slug else None
