"""Figures and sources: each statistic is one row, with what it counts, when it was measured and who published it."""

import datetime
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from awareness.checked import Checked
from foundation.organisation import addresses

YEAR = re.compile(r"\b(?:19|20)\d\d\b")
MARKS = [
    ("V1", _("V1: read on the publisher’s own page")),
    ("V2", _("V2: read elsewhere, the publisher named")),
    ("D", _("D: worked out from other figures")),
]


class Named(models.Model):
    """Abstract row that texts name by its slug, which therefore must not change."""

    slug = models.SlugField(
        _("short name"),
        unique=True,
        max_length=80,
        help_text=_("Texts name the row by it, as {figure:short-name} or {source:short-name}."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Raise ValidationError when the short name of a row that exists is changed."""
        super().clean()
        if self.pk and not type(self)._default_manager.filter(pk=self.pk, slug=self.slug).exists():
            raise ValidationError({"slug": _("Texts name this row by its short name, so it cannot change.")})


class Source(Named, Checked):
    """A publication: who, where and when. The publisher is never the page where somebody happened to read it."""

    publisher = models.CharField(_("publisher"), max_length=200)
    brief = models.CharField(
        _("publisher in short"),
        max_length=60,
        blank=True,
        help_text=_("Below a figure, with the year: ILO. The notes say the rest. Empty: as above."),
    )
    title = models.CharField(_("title"), max_length=300)
    year = models.PositiveSmallIntegerField(
        _("year published"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1900), MaxValueValidator(2100)],
        help_text=_("Empty when the page does not say."),
    )
    address = models.URLField(_("address"), blank=True, max_length=500, help_text=_("Only the publisher’s own page."))
    seen_at = models.TextField(
        _("seen at"), blank=True, help_text=_("For staff: the pages where we read it. Never shown.")
    )
    mark = models.CharField(_("mark"), max_length=2, choices=MARKS, blank=True, help_text=_("For staff. Never shown."))

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["publisher", "year", "title"]

    def __str__(self) -> str:
        return f"{self.publisher}, {self.title} ({self.year or _('undated')})"

    def clean(self) -> None:
        super().clean()
        addresses.field("address", self.address, addresses.check_source)


OLD_AFTER = 4  # years: the estimates we lean on come out about that often


class FigureQuerySet(models.QuerySet["Figure"]):
    def old(self, today: datetime.date) -> "list[Figure]":
        """Return current figures that are older than their set age: somebody should look for newer ones."""
        return [figure for figure in self.current().select_related("source") if figure.is_old(today)]

    def current(self) -> "FigureQuerySet":
        """Current figures, which pages may print."""
        return self.filter(status=Figure.Status.CURRENT)

    def corrected(self) -> "FigureQuerySet":
        """Superseded and contested figures: for the table of corrections and nowhere else."""
        return self.exclude(status=Figure.Status.CURRENT)


class Figure(Named):
    """One statistic. Texts name it as {figure:short-name}, so that an edit here changes every page."""

    class Status(models.TextChoices):
        CURRENT = "current", _("current")
        SUPERSEDED = "superseded", _("superseded")
        CONTESTED = "contested", _("contested")

    text = models.CharField(_("as printed"), max_length=60, help_text=_("For example: 27.6 million"))
    short = models.CharField(
        _("as printed in large type"), max_length=20, blank=True, help_text=_("For example: 27.6m. Empty: as above.")
    )
    value = models.DecimalField(
        _("value"),
        max_digits=20,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("The bare number, for charts. Empty for a range."),
    )
    counts = models.CharField(
        _("what it counts"), max_length=200, help_text=_("For example: people in forced labour on any given day")
    )
    measured = models.CharField(
        _("year measured"), max_length=20, blank=True, help_text=_("For example: 2021, or 2007–2010.")
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="figures", verbose_name=_("source"))
    phrase = models.TextField(_("ready sentence"), help_text=_("One sentence that may be printed as it stands."))
    method = models.TextField(_("method and limits"), blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.CURRENT)
    old_after = models.PositiveSmallIntegerField(
        _("old after so many years"),
        default=OLD_AFTER,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Counted from the year measured. After that the panel asks you to look for a newer figure."),
    )
    replaced_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaces", verbose_name=_("replaced by")
    )
    correction = models.TextField(
        _("what is wrong with it"),
        blank=True,
        help_text=_("For superseded and contested figures: why it is no longer used."),
    )
    mark = models.CharField(_("mark"), max_length=2, choices=MARKS, help_text=_("For staff. Never shown."))

    objects = FigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        ordering = ["counts", "-measured"]

    def __str__(self) -> str:
        return f"{self.text}: {self.counts} ({self.when})"

    @property
    def when(self) -> str:
        """The year measured; where nobody says it, the year published."""
        return self.measured or str(self.source.year or "")

    def age(self, today: datetime.date) -> int | None:
        """Age in whole calendar years since the last year that it speaks of; None where no year is known."""
        years = [int(year) for year in YEAR.findall(self.when)]
        return today.year - max(years) if years else None

    def is_old(self, today: datetime.date) -> bool:
        """Whether it is outdated: from the first of January after its last good year."""
        age = self.age(today)
        return age is not None and age > self.old_after

    @property
    def large(self) -> str:
        return self.short or self.text

    def clean(self) -> None:
        """Raise ValidationError for a figure without a year, or an old one that does not say what is wrong with it."""
        super().clean()
        if self.source_id and not self.when:
            raise ValidationError({"measured": _("The source has no year, so say when this was measured.")})
        if self.status != self.Status.CURRENT and not self.correction:
            raise ValidationError({"correction": _("Say why this figure is no longer used.")})
        if self.replaced_by_id and self.replaced_by_id == self.pk:
            raise ValidationError({"replaced_by": _("A figure cannot replace itself.")})


def current_figures() -> list[tuple[str, Any]]:
    """Return the choices of current figures."""
    return [(figure.slug, str(figure)) for figure in Figure.objects.current().select_related("source")]


def corrected_figures() -> list[tuple[str, Any]]:
    """Return the choices for the table of corrections."""
    return [(figure.slug, str(figure)) for figure in Figure.objects.corrected().select_related("source")]


def sources() -> list[tuple[str, Any]]:
    return [(source.slug, str(source)) for source in Source.objects.all()]
