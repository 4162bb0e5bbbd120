"""Get help in more languages: its first screen for people who may need it, each marked until a speaker has read it."""

from babel import Locale
from django.db import models
from django.utils.translation import gettext_lazy as _

from awareness.checked import Checked


class HelpLanguage(Checked):
    """A few sentences in one language. Short on purpose: each must be right. Checked: read by a speaker of it."""

    slug = models.SlugField(_("language tag"), unique=True, max_length=12, help_text=_("For example: es, zh-hans."))
    name = models.CharField(_("name of the language, in itself"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    heading = models.CharField(_("heading"), max_length=120)
    words = models.TextField(_("sentences"), max_length=1500, help_text=_("One a line."))
    numbers = models.CharField(_("link to the phone numbers"), max_length=120)
    leave = models.CharField(_("link that leaves this site"), max_length=120)
    unchecked = models.CharField(
        _("“no speaker has checked this text yet”"), max_length=200, help_text=_("In that language.")
    )
    published = models.BooleanField(_("published"), default=True, help_text=_("Off: the language is not shown."))

    class Meta:
        verbose_name = _("language of Get help")
        verbose_name_plural = _("languages of Get help")
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def direction(self) -> str:
        """Text direction, `rtl` or `ltr`, by the script of the language."""
        return Locale.parse(self.slug, sep="-").text_direction

    @property
    def sentences(self) -> list[str]:
        return [line.strip() for line in self.words.splitlines() if line.strip()]


def shown() -> list[HelpLanguage]:
    return list(HelpLanguage.objects.filter(published=True))
