"""Hero of the front page and of sections: the drawn line, a picture, or a still of a film."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.images import get_image_model_string

from awareness.reading import ReadingPage


class HeadedPage(ReadingPage):
    """Abstract page with a hero. Until an editor chooses, it is the line."""

    class Kind(models.TextChoices):
        LINE = "line", _("the drawn line")
        PICTURE = "picture", _("a picture")
        FILM = "film", _("a still that leads to a film")

    hero = models.CharField(_("what stands there"), max_length=10, choices=Kind.choices, default=Kind.LINE)
    hero_picture = models.ForeignKey(
        get_image_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("picture or still"),
        help_text=_("It is cut around its focal point. Which pictures we do not show: Picture rules, in the menu."),
    )
    hero_alt = models.CharField(
        _("what it shows"), max_length=200, blank=True, help_text=_("Read out to those who do not see it.")
    )
    hero_is_decoration = models.BooleanField(_("it is decoration and says nothing"), default=False)
    hero_credit = models.CharField(_("credit"), max_length=120, blank=True)
    hero_film = models.ForeignKey(
        "awareness.FilmPage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("film")
    )

    pictures = ("hero_picture",)
    hero_panel = MultiFieldPanel(
        [
            FieldPanel("hero"),
            FieldPanel("hero_picture"),
            FieldPanel("hero_alt"),
            FieldPanel("hero_is_decoration"),
            FieldPanel("hero_credit"),
            FieldPanel("hero_film"),
        ],
        heading=_("At the head"),
    )

    class Meta:
        abstract = True

    def linked(self) -> set[int]:
        return super().linked() | ({self.hero_film_id} if self.hero_film_id else set())

    @property
    def hero_shows(self) -> Any:
        """The hero picture; None: the line."""
        return self.hero_picture if self.hero != self.Kind.LINE else None

    @property
    def hero_words(self) -> str:
        return "" if self.hero_is_decoration else self.hero_alt

    @property
    def hero_link(self) -> dict[str, str] | None:
        """{title, url} of the film that the still leads to; None while it is not public."""
        if self.hero != self.Kind.FILM:
            return None
        film = next((page for page in self.references.pages if page.pk == self.hero_film_id), None)
        url = self.references.address(self.hero_film_id)
        return {"title": film.title, "url": url} if film and url else None

    def clean(self) -> None:
        """Raise ValidationError for a missing picture or alternative text, or a still without its film."""
        super().clean()
        wrong = {}
        if self.hero != self.Kind.LINE and not self.hero_picture:
            wrong["hero_picture"] = _("Choose the picture that stands there.")
        if self.hero == self.Kind.FILM and not self.hero_film:
            wrong["hero_film"] = _("Choose the film that the still leads to.")
        if self.hero_picture and not (self.hero_alt or self.hero_is_decoration):
            wrong["hero_alt"] = _("Say what the picture shows, or mark it as decoration.")
        if wrong:
            raise ValidationError(wrong)
