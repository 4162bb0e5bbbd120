"""Pledges, versions of their text, signatures, and the append-only events of the counter."""

import uuid
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.append_only.models import AppendOnlyModel
from foundation.prepared import queries
from staff.columns import column
from supporters import names
from supporters.models import Supporter

TAKEN = frozenset({"confirm", "sent", "verify", "withdraw"})  # reserved slugs: /pledge/<these>/ are pages of their own


def not_taken(slug: str) -> None:
    """Slug validator. Raises ValidationError for a URL that another page has."""
    if slug in TAKEN:
        raise ValidationError(_("“%(slug)s” is the address of another page."), params={"slug": slug})


class Pledge(models.Model):
    """A promise that people sign. Its words are versions of PledgeText; the newest one is signed."""

    slug = models.SlugField(_("address"), unique=True, validators=[not_taken], help_text=_("/pledge/…/"))
    title = models.CharField(_("title"), max_length=120)
    minimum_age = models.PositiveSmallIntegerField(
        _("minimum age"),
        default=16,
        validators=[MinValueValidator(13), MaxValueValidator(21)],
        help_text=_("Who signs says that they are this old or older."),
    )
    is_open = models.BooleanField(
        _("open"), default=True, help_text=_("A closed pledge is shown and cannot be signed.")
    )
    is_main = models.BooleanField(
        _("main pledge"), default=False, help_text=_("Stands at /pledge/. Only one pledge can.")
    )

    count_from = models.PositiveIntegerField(
        _("show the number of signatures from"),
        default=100,
        help_text=_("Below it the pages invite to sign and name no number: a small one keeps people from signing."),
    )

    class Meta:
        ordering = ["-is_main", "title"]
        verbose_name = _("pledge")
        verbose_name_plural = _("pledges")
        constraints = [
            models.UniqueConstraint(
                fields=["is_main"],
                condition=Q(is_main=True),
                name="one_main_pledge",
                violation_error_message=_("Another pledge is the main one. Take it from there first."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("pledges:pledge") if self.is_main else reverse("pledges:pledge", args=[self.slug])

    @property
    def newest_text(self) -> "PledgeText | None":
        """Return the newest text in the default language. None before the first version is written."""
        return queries.first(newest_words, pledge=self.pk)

    @property
    def text_to_sign(self) -> "PledgeText | None":
        """Return the newest text in the reader's language; in the default language where it is not translated."""
        newest = self.newest_text
        return newest and newest.in_readers_language


def main_words() -> "models.QuerySet[PledgeText]":
    return _words().filter(pledge__is_main=True)[:1]


def words_of(slug: str) -> "models.QuerySet[PledgeText]":
    return _words().filter(pledge__slug=slug)[:1]


def _words() -> "models.QuerySet[PledgeText]":
    return PledgeText.objects.filter(original=None).select_related("pledge").order_by("-version")


def newest_words(pledge: int) -> "models.QuerySet[PledgeText]":
    return _words().filter(pledge=pledge)[:1]


def newest_said_in(original: int, language: str) -> "models.QuerySet[PledgeText]":
    said = PledgeText.objects.filter(original=original, language=language)
    return said.select_related("pledge").order_by("-version")[:1]


class PledgeText(AppendOnlyModel):
    """One version of a pledge's words. Append-only: every signature points at the words that were read."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="texts", verbose_name=_("pledge"))
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(
        _("text"), help_text=_("Paragraphs, one a line. Lines that begin with * are the numbered promises.")
    )
    original = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="translations",
        verbose_name=_("says in another language"),
        help_text=_("The version that these words translate. Empty: words in our first language."),
    )
    language = models.CharField(_("language"), max_length=12, blank=True, help_text=_("Empty: our first language."))
    title = models.CharField(_("title in that language"), max_length=120, blank=True)
    is_sample = models.BooleanField(_("sample"), default=False, help_text=_("The page then says so."))
    created_at = models.DateTimeField(_("written at"), default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("pledge text")
        verbose_name_plural = _("pledge texts")
        constraints = [
            models.UniqueConstraint(fields=["pledge", "version"], name="one_text_a_version"),
            models.CheckConstraint(
                condition=Q(original=None, language="") | (Q(original__isnull=False) & ~Q(language="")),
                name="translated_text_says_from_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pledge}, {self.version}"

    def said_in(self, language: str) -> "PledgeText | None":
        """Return the newest translation of this version into another language."""
        return queries.first(newest_said_in, original=self.pk, language=language)

    @property
    def in_readers_language(self) -> "PledgeText":
        """Return the newest translation for this reader; these words where there is none."""
        language = get_language() or settings.LANGUAGE_CODE
        return self if language == settings.LANGUAGE_CODE else self.said_in(language) or self

    @property
    def spoken(self) -> str:
        """The language code of these words, for `lang`."""
        return self.language or settings.LANGUAGE_CODE

    @property
    def heading(self) -> str:
        """Return the pledge's title in the language of these words."""
        return self.title or self.pledge.title

    @property
    def paragraphs(self) -> list[str]:
        return [line for line in self._lines() if not line.startswith("*")]

    @property
    def promises(self) -> list[str]:
        return [line.lstrip("* ") for line in self._lines() if line.startswith("*")]

    def _lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]


class SignatureQuerySet(models.QuerySet["Signature"]):
    def confirmed(self) -> Self:
        return self.filter(state=Signature.State.CONFIRMED)

    def waiting(self) -> Self:
        """Pending confirmation: signed, and the mailed link not pressed yet."""
        return self.filter(state=Signature.State.STARTED)

    def living(self) -> Self:
        """Active: neither withdrawn nor set aside."""
        return self.filter(state__in=[Signature.State.STARTED, Signature.State.CONFIRMED])

    def standing(self) -> Self:
        """All that keep their mailbox from signing once more, by the unique constraint: all but withdrawn ones."""
        return self.exclude(state=Signature.State.WITHDRAWN)


class Signature(models.Model):
    """One mailbox under one pledge. It counts from the moment its owner presses the mailed link (double opt-in).

    While it waits, signing again replaces what was typed and raises `attempt`: a mailed link confirms the attempt that
    it was written for and no other, so nobody confirms what somebody else typed later. All moments are UTC.
    """

    class State(models.TextChoices):
        STARTED = "started", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("confirmed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        SET_ASIDE = "set-aside", _("set aside by staff")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("pledge"))
    text = models.ForeignKey(PledgeText, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("text"))
    name = models.CharField(_("name"), max_length=names.LONGEST)
    email = models.EmailField(_("e-mail address"), max_length=320)
    canonical = models.CharField(_("mailbox"), max_length=320)
    letter_to = models.EmailField(
        _("next letter goes to"), max_length=320, help_text=_("The same mailbox, as it was typed last.")
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    age = models.PositiveSmallIntegerField(_("age"), help_text=_("The minimum age that they said they have reached."))
    wants_letters = models.BooleanField(_("wants letters"), default=False)
    letters_wording = models.TextField(_("letters, wording"), blank=True, help_text=_("The words they agreed to."))
    locale = models.CharField(_("language"), max_length=12, blank=True)
    page = models.CharField(_("page"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.STARTED)
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    signed_at = models.DateTimeField(_("signed at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("withdrawn or set aside at"), null=True, blank=True)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    supporter = models.ForeignKey(
        Supporter,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("supporter"),
    )

    objects = SignatureQuerySet.as_manager()
    sought_in = ("name", "email")

    class Meta:
        ordering = ["-id"]
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        permissions = [("export_signature", "Can export signatures")]
        indexes = [
            models.Index(fields=["state", "signed_at"], name="signature_waiting"),
            models.Index(fields=["confirmed_at"], name="signature_confirmed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pledge", "canonical"],
                condition=~Q(state="withdrawn"),
                name="one_signature_a_mailbox",
            ),
            models.UniqueConstraint(fields=["pledge", "number"], name="one_signature_a_number"),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(number__isnull=False, confirmed_at__isnull=False, supporter__isnull=False),
                name="confirmed_signature_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_state_display()})"

    @column(_("age"))
    def age_text(self) -> str:
        """Words for the age that they stated, which is no number of years."""
        return _("%(age)s or over") % {"age": self.age}


class SignatureEvent(AppendOnlyModel):
    """Append-only event of the counter, +1 or -1, with the running total: the counter can be proved from its events."""

    class Why(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        SET_ASIDE = "set-aside", _("set aside by staff")
        PUT_BACK = "put-back", _("put back by staff")

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="events", verbose_name=_("pledge"))
    signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, related_name="events", verbose_name=_("signature")
    )
    step = models.SmallIntegerField(_("step"))
    total = models.PositiveIntegerField(_("total"), help_text=_("Confirmed signatures after this step."))
    why = models.CharField(_("why"), max_length=10, choices=Why.choices)
    who = models.CharField(_("who"), max_length=200, help_text=_("“signer”, or the member of staff."))
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("change of the count")
        verbose_name_plural = _("count history")
        indexes = [models.Index(fields=["pledge", "-id"], name="newest_step")]
        constraints = [models.CheckConstraint(condition=Q(step__in=[-1, 1]), name="one_step_at_a_time")]

    def __str__(self) -> str:
        return f"{self.step:+d} = {self.total}"
