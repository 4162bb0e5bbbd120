"""Podcast pages: a show, and an episode for each page below it. The feed is in podcast_feed.py."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.documents import get_document_model_string
from wagtail.images import get_image_model_string
from wagtail.search import index

from awareness.files import AUDIO, one_of
from awareness.listings import SECTIONS, BodyPage, ListingPage

# Apple's list of categories; these are the ones that such a show may want.
CATEGORIES = [
    ("Society & Culture", _("Society and culture")),
    ("News", _("News")),
    ("Education", _("Education")),
    ("Government", _("Government")),
    ("Religion & Spirituality", _("Religion and spirituality")),
]
ARTWORK = (1400, 3000)  # pixels: smallest and largest side that Apple takes


class PodcastPage(ListingPage):
    """Page type: a show, with what podcast directories ask for, and its episodes."""

    artwork = models.ForeignKey(
        get_image_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("artwork"),
        help_text=_("Square, 1400 to 3000 pixels. Directories do not list a show without it."),
    )
    category = models.CharField(_("category"), max_length=40, choices=CATEGORIES, default="Society & Culture")
    explicit = models.BooleanField(
        _("explicit"), default=False, help_text=_("Directories ask whether language or content is for adults only.")
    )

    pictures = ("artwork",)
    template = "awareness/podcast_page.html"
    parent_page_types = SECTIONS
    subpage_types = ["awareness.EpisodePage"]
    content_panels = [
        *BodyPage.content_panels,
        MultiFieldPanel(
            [FieldPanel("artwork"), FieldPanel("category"), FieldPanel("explicit")], heading=_("For directories")
        ),
    ]

    class Meta:
        verbose_name = _("podcast")

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        return self.episodes()

    def episodes(self) -> "QuerySet[EpisodePage]":
        """Return the public episodes with their files, newest first."""
        found: QuerySet[EpisodePage] = EpisodePage.objects.child_of(self).live().select_related("audio")
        return found.order_by("-date", "-number", "-pk")

    def clean(self) -> None:
        super().clean()
        sides = {self.artwork.width, self.artwork.height} if self.artwork else set()
        if len(sides) > 1 or any(not ARTWORK[0] <= side <= ARTWORK[1] for side in sides):
            raise ValidationError({"artwork": _("The artwork must be square, with sides of 1400 to 3000 pixels.")})


class EpisodePage(BodyPage):
    """Page type: one episode, played here or in any podcast app."""

    date = models.DateField(_("released on"), default=timezone.localdate)
    number = models.PositiveSmallIntegerField(_("number"), validators=[MinValueValidator(1)])
    minutes = models.PositiveSmallIntegerField(_("length in minutes"), validators=[MinValueValidator(1)])
    audio = models.ForeignKey(
        get_document_model_string(),
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("sound"),
        help_text=_("An MP3 or M4A file among the documents."),
    )
    content_note = models.TextField(_("content note"), blank=True, max_length=300)
    explicit = models.BooleanField(_("explicit"), default=False)
    transcript = models.TextField(_("transcript"), help_text=_("Everything said, for those who read or cannot hear."))
    guid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # podcast apps know the episode by it

    documents = ("audio",)
    template = "awareness/episode_page.html"
    parent_page_types = ["awareness.PodcastPage"]
    subpage_types: list[str] = []
    search_fields = [*BodyPage.search_fields, index.SearchField("transcript")]
    content_panels = [
        *BodyPage.content_panels[:-1],
        MultiFieldPanel(
            [
                FieldPanel("date"),
                FieldPanel("number"),
                FieldPanel("minutes"),
                FieldPanel("audio"),
                FieldPanel("content_note"),
                FieldPanel("explicit"),
            ],
            heading=_("The episode"),
        ),
        FieldPanel("transcript"),
        FieldPanel("body"),
    ]

    class Meta:
        verbose_name = _("episode")

    exclude_fields_in_copy = ["guid"]

    @property
    def line(self) -> str:
        length = ngettext("%(count)d minute", "%(count)d minutes", self.minutes) % {"count": self.minutes}
        return f"{date_format(self.date, 'DATE_FORMAT')} · {length}"

    def clean(self) -> None:
        super().clean()
        if self.audio_id and not one_of(self.audio, AUDIO):
            raise ValidationError({"audio": _("Choose an MP3, M4A or OGG file.")})
