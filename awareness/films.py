"""Film pages: a list, and a page for each with its trailer or the film itself, captions and transcript."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, URLValidator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.documents import get_document_model_string
from wagtail.images import get_image_model_string
from wagtail.search import index

from awareness import trailers
from awareness.files import VIDEO, one_of
from awareness.listings import BodyPage, ListingPage
from foundation.organisation import addresses


class FilmIndexPage(ListingPage):
    """Page type: the list of films, newest first, as typographic posters."""

    template = "awareness/film_index_page.html"
    subpage_types = ["awareness.FilmPage"]

    class Meta:
        verbose_name = _("films")

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        films: QuerySet[FilmPage] = FilmPage.objects.child_of(self).live().order_by("-date", "-pk")
        return films

    @property
    def rows_with_pictures(self) -> Sequence[BodyPage]:  # type: ignore[override]
        return self.shown


class FilmPage(BodyPage):
    """Page type: one film. No request to the site that hosts a trailer before the reader presses play."""

    date = models.DateField(_("released on"), default=timezone.localdate)
    minutes = models.PositiveSmallIntegerField(_("length in minutes"), validators=[MinValueValidator(1)])
    content_note = models.TextField(
        _("content note"), blank=True, max_length=300, help_text=_("What a viewer may find hard, said before it plays.")
    )
    poster = models.ForeignKey(
        get_image_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("poster"),
        help_text=_("Without one, the title stands as the poster. No picture of a person in distress."),
    )
    poster_alt = models.CharField(
        _("what the poster shows"), max_length=200, blank=True, help_text=_("Read out to those who do not see it.")
    )
    trailer = models.URLField(
        _("address of the trailer"),
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text=_(
            "On another site. Readers are told so, and that site learns of them only when they press for it. From "
            "YouTube and Vimeo it then plays on this page; elsewhere a link leads to it."
        ),
    )
    video = models.ForeignKey(
        get_document_model_string(),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("film or trailer kept here"),
        help_text=_("An MP4 or WebM file among the documents."),
    )
    captions = models.ForeignKey(
        get_document_model_string(),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("captions"),
        help_text=_("A VTT file among the documents. A film kept here needs one."),
    )
    captions_language = models.CharField(
        _("language of the captions"), max_length=8, default="en", help_text=_("A code such as en or es.")
    )
    transcript = models.TextField(
        _("transcript"), blank=True, help_text=_("Everything said and shown, for those who read instead of watching.")
    )

    pictures = ("poster",)
    documents = ("video", "captions")
    template = "awareness/film_page.html"
    parent_page_types = ["awareness.FilmIndexPage"]
    subpage_types: list[str] = []
    search_fields = [*BodyPage.search_fields, index.SearchField("transcript")]
    content_panels = [
        *BodyPage.content_panels[:-1],
        MultiFieldPanel([FieldPanel("date"), FieldPanel("minutes"), FieldPanel("content_note")], heading=_("The film")),
        MultiFieldPanel([FieldPanel("poster"), FieldPanel("poster_alt")], heading=_("Poster")),
        MultiFieldPanel(
            [FieldPanel("trailer"), FieldPanel("video"), FieldPanel("captions"), FieldPanel("captions_language")],
            heading=_("Where it plays"),
        ),
        FieldPanel("transcript"),
        FieldPanel("body"),
    ]

    class Meta:
        verbose_name = _("film")

    @cached_property
    def framed(self) -> list[str]:
        return sorted({*super().framed, *([self.player.origin] if self.player else [])})

    @property
    def player(self) -> trailers.Player | None:
        return None if self.video_id else trailers.player(self.trailer)

    @property
    def line(self) -> str:
        length = ngettext("%(count)d minute", "%(count)d minutes", self.minutes) % {"count": self.minutes}
        return f"{self.date.year} · {length}"

    @property
    def trailer_host(self) -> str:
        """The host of the trailer, said before the reader goes there."""
        return (urlsplit(self.trailer).hostname or "").removeprefix("www.")

    def clean(self) -> None:
        """Raise ValidationError for a poster without alternative text, or a hosted film without captions."""
        super().clean()
        addresses.field("trailer", self.trailer)
        wrong = {}
        if self.poster and not self.poster_alt:
            wrong["poster_alt"] = _("Say what the poster shows, for those who do not see it.")
        if self.video and not one_of(self.video, VIDEO):
            wrong["video"] = _("Choose an MP4 or WebM file.")
        if self.video and not self.captions:
            wrong["captions"] = _("A film that is kept here needs captions.")
        if self.captions and not one_of(self.captions, {"vtt": "text/vtt"}):
            wrong["captions"] = _("Choose a VTT file.")
        if wrong:
            raise ValidationError(wrong)
