"""The menu at the head and the links at the foot, as editors set them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from awareness.body_field import BodyField
from awareness.links import LinkBlock
from awareness.parts import Part, shown
from awareness.references import References
from foundation.organisation import addresses
from foundation.organisation.languages import marked


class MenuLinkBlock(LinkBlock):
    class Meta:
        icon = "link"
        label = _("Link")


class MenuGroupBlock(Part):
    label = blocks.CharBlock(label=_("Words"), max_length=60)
    links = blocks.ListBlock(LinkBlock(), label=_("Links"))

    class Meta:
        icon = "folder-open-inverse"
        label = _("Group of links")


class ColumnBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=60)
    links = blocks.ListBlock(LinkBlock(), label=_("Links"))

    class Meta:
        icon = "list-ul"
        label = _("Column")


@register_setting(icon="bars", order=2)
class Navigation(BaseGenericSetting):
    """One row. Headings of the menu either lead somewhere or open a group."""

    header = BodyField([("link", MenuLinkBlock()), ("group", MenuGroupBlock())], blank=True, verbose_name=_("menu"))
    footer = BodyField([("column", ColumnBlock())], blank=True, verbose_name=_("columns at the foot"))

    announcement = models.CharField(
        _("announcement"), max_length=160, blank=True, help_text=_("One line above every page. Empty: no line.")
    )
    announcement_label = models.CharField(
        _("words of its link"), max_length=60, blank=True, help_text=_("For example: Watch the series.")
    )
    announcement_address = models.CharField(
        _("address of its link"),
        max_length=300,
        blank=True,
        validators=[RegexValidator(r"^(/|https://)", _("An address begins with / or https://"))],
    )
    store_address = models.URLField(
        _("address of the store"),
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text=_("The button on the shop page leads there. Empty: the page says that there is no store yet."),
    )

    panels = [
        FieldPanel("header"),
        FieldPanel("footer"),
        MultiFieldPanel(
            [FieldPanel("announcement"), FieldPanel("announcement_label"), FieldPanel("announcement_address")],
            heading=_("Announcement"),
        ),
        FieldPanel("store_address"),
    ]

    class Meta:
        verbose_name = _("Navigation")

    def clean(self) -> None:
        """Raise ValidationError for half a link, and for one that leads astray."""
        super().clean()
        addresses.field("announcement_address", self.announcement_address, addresses.check)
        addresses.field("store_address", self.store_address)
        if bool(self.announcement_label) != bool(self.announcement_address):
            raise ValidationError({"announcement_label": _("A link needs both words and an address, or neither.")})


def menu(request: HttpRequest | None) -> dict[str, Any]:
    """`header`: a list of {label, url, note, links}; `footer`: a list of {title, links}; `row`: the settings row.

    Two queries a request, however often it is asked.
    """
    known = getattr(request, "_road_out_menu", None)
    if known is not None:
        return known
    row = Navigation.load(request_or_site=request)
    references = References(request, page_ids=_pages(row.header) | _pages(row.footer))
    header = [
        {"url": "", "note": "", "links": [], **shown(child.block, child.value, references)} for child in row.header
    ]
    footer = [shown(child.block, child.value, references) for child in row.footer]
    for entry in [*header, *footer]:
        for link in [entry, *entry["links"]]:
            _in_our_words(link)
    made = {"header": header, "footer": footer, "row": row}
    if request is not None:
        request._road_out_menu = made  # type: ignore[attr-defined]
    return made


def _in_our_words(link: dict[str, Any]) -> None:
    """In the reader's language, where a catalogue knows the words."""
    for name in ("label", "title", "note"):
        if link.get(name):
            link[name] = marked(link[name])


def _pages(stream: Any) -> set[int]:
    links = [link for child in stream for link in child.value.get("links", [child.value])]
    return {link["page"] for link in links if link.get("page")}
