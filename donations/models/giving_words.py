"""Words of giving: what staff write on and beside the giving form, one row a language. What is empty is ours."""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.stream_block import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.fields import StreamField
from wagtail.images import get_image_model_string
from wagtail.models import PreviewableMixin, RevisionMixin

from donations.models.costs import CostLine
from donations.models.currencies import Currency

FEWEST_QUESTIONS, MOST_QUESTIONS = 3, 5
SUM = "{sum}"  # the one place in these words: a third of the gift, in the suggestion
PLACE = re.compile(r"\{[^{}]*\}")
NO_PLACE = _("Nothing fills a place in braces here. Please take it out.")
# What stands there until staff write something else. Facts of one charity have nothing of ours in their place.
OURS = {
    "heading": _("Give"),
    "intro": _("Choose how often and how much."),
    "monthly_hint": _("Change, pause or stop it whenever you like on My page, with a link we e-mail you."),
    "suggestion": _("{sum} every month lets us plan ahead, and you can stop whenever you like."),
    "stopping": _(
        "With a link we e-mail you, and no password: change the amount, skip a month, pause or stop. Nothing is taken "
        "after you stop, and for seven days you can take it up again."
    ),
}
FACTS = ("what_it_does", "picture", "cheque", "transfer")


def languages() -> list[tuple[str, str]]:
    return list(settings.LANGUAGES)


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("Question"), max_length=90)
    answer = blocks.TextBlock(label=_("Answer"), max_length=500, rows=3)

    class Meta:
        icon = "help"
        label = _("Question")

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        wrong = {name: ValidationError(NO_PLACE) for name, words in cleaned.items() if PLACE.search(words)}
        if wrong:
            raise StructBlockValidationError(block_errors=wrong)
        return cleaned


class QuestionsBlock(blocks.StreamBlock):
    """Three to five questions, or none: then ours stand there."""

    question = QuestionBlock()

    class Meta:
        max_num = MOST_QUESTIONS

    def clean(self, value: Any, **kwargs: Any) -> Any:
        cleaned = super().clean(value, **kwargs)
        if 0 < len(cleaned) < FEWEST_QUESTIONS:
            few = ValidationError(_("Write at least three questions, or none: then ours stand there."))
            raise StreamBlockValidationError(non_block_errors=[few])
        return cleaned


class GivingWords(RevisionMixin, PreviewableMixin, models.Model):
    """Words of /give/ and of each campaign's form in one language. Plain text: what is typed is shown as typed."""

    language = models.CharField(
        _("language"), max_length=12, unique=True, choices=languages, default=settings.LANGUAGE_CODE
    )
    heading = models.CharField(_("heading of the giving page"), max_length=22, blank=True)
    intro = models.CharField(
        _("sentence below it"),
        max_length=80,
        blank=True,
        help_text=_("Short: the amounts must stand in the first screen of a phone."),
    )
    monthly_hint = models.CharField(
        _("below the monthly amounts"),
        max_length=200,
        blank=True,
        help_text=_("Goes on after the sentence that says when money is taken, which stays."),
    )
    suggestion = models.CharField(
        _("suggestion of a monthly gift"),
        max_length=200,
        blank=True,
        help_text=_("Below a single gift. {sum} is about a third of it."),
    )
    what_it_does = models.TextField(
        _("what a gift does"),
        max_length=600,
        blank=True,
        help_text=_("Paragraphs of what your accounts show. Empty: the sentences of What sums do, or nothing."),
    )
    picture = models.ForeignKey(
        get_image_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("picture"),
        help_text=_("Empty: our drawing. Which pictures we do not show: Picture rules, in the menu."),
    )
    picture_alt = models.CharField(
        _("what the picture shows"), max_length=200, blank=True, help_text=_("For people who do not see it.")
    )
    picture_credit = models.CharField(_("credit"), max_length=120, blank=True)
    stopping = models.TextField(_("how to stop a monthly gift"), max_length=500, blank=True)
    questions = StreamField(
        QuestionsBlock(),
        verbose_name=_("questions"),
        blank=True,
        help_text=_("Three to five. Empty: ours stand there, as the preview shows them."),
    )
    cheque = models.TextField(
        _("by cheque"),
        max_length=500,
        blank=True,
        help_text=_("To whom it is payable, where it is posted, and whom to tell. Empty: not offered."),
    )
    transfer = models.TextField(
        _("by bank transfer"),
        max_length=800,
        blank=True,
        help_text=_("Name of the account, its number, the bank, one a line, and whom to tell. Empty: not offered."),
    )
    thanks = models.CharField(
        _("your own thanks"),
        max_length=300,
        blank=True,
        help_text=_("One or two sentences on the page after paying, below its thanks. Empty: nothing."),
    )

    class Meta:
        ordering = ["id"]
        verbose_name = _("words of the giving page")
        verbose_name_plural = _("words of the giving page")

    def __str__(self) -> str:
        return str(self.get_language_display())

    def clean(self) -> None:
        """Raise ValidationError, by field, for a place that nothing fills, and a picture without a text."""
        super().clean()
        wrong = {}
        for field in self._meta.get_fields():
            if isinstance(field, models.CharField | models.TextField):
                wanted = [SUM] if field.name == "suggestion" and self.suggestion else []
                if PLACE.findall(getattr(self, field.name)) != wanted:
                    wrong[field.name] = (
                        _("{sum} must stand in it once, and nothing else in braces.") if wanted else NO_PLACE
                    )
        if self.picture_id and not self.picture_alt:
            wrong["picture_alt"] = _("Please write what the picture shows, for people who do not see it.")
        if wrong:
            raise ValidationError(wrong)

    @property
    def said(self) -> dict[str, str]:
        """What staff wrote or, where they wrote nothing, what we say in the language of this moment."""
        return {name: getattr(self, name) or str(ours) for name, ours in OURS.items()}

    @property
    def suggestion_without_sum(self) -> str:
        """For those whose sum nobody works out while they type."""
        return str(capfirst(self.said["suggestion"].replace(SUM, gettext("a third of it"))))

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """The giving page in this row's own language, with a note in the form's place."""
        others = GivingWords.objects.exclude(language=self.language)
        with override(self.language):
            costs = CostLine.objects.fresh().filter(currency=Currency.objects.shown().first())
            shown = {"request": request, "costs": costs, **beside([self, *others], self.language)}
            return TemplateResponse(request, "donations/give_preview.html", shown).render()


def shown() -> dict[str, Any]:
    """What `beside` returns, for the reader of this moment; one query."""
    mine = get_language() or settings.LANGUAGE_CODE
    rows = GivingWords.objects.filter(language__in=[mine, settings.LANGUAGE_CODE]).select_related("picture")
    return beside(rows, mine)


def beside(rows: Iterable[GivingWords], language: str) -> dict[str, Any]:
    """Return `giving_words`: the row of that language, or an empty one; and `facts`: by the name of a field, the row to
    take it from, None if nobody wrote it. What is not written in that language is said in our first one, marked so.
    """
    known = {row.language: row for row in rows}
    own = known.get(language) or GivingWords(language=language)
    either = [own, known.get(settings.LANGUAGE_CODE, own)]
    facts = {name: next((row for row in either if getattr(row, name)), None) for name in FACTS}
    return {"giving_words": own, "facts": facts}
