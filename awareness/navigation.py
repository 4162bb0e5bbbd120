"""The menu at the head and the links at the foot, as editors set them."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.fields import StreamField

from awareness.links import LinkBlock
from awareness.parts import Part, shown
from awareness.references import References


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

    header = StreamField([("link", MenuLinkBlock()), ("group", MenuGroupBlock())], blank=True, verbose_name=_("menu"))
    footer = StreamField([("column", ColumnBlock())], blank=True, verbose_name=_("columns at the foot"))

    panels = [FieldPanel("header"), FieldPanel("footer")]

    class Meta:
        verbose_name = _("Navigation")


def menu(request: HttpRequest | None) -> dict[str, list[dict[str, Any]]]:
    """`header`: a list of {label, url, note, links}; `footer`: a list of {title, links}. Two queries a request."""
    known = getattr(request, "_road_out_menu", None)
    if known is not None:
        return known
    row = Navigation.load(request_or_site=request)
    references = References(request, page_ids=_pages(row.header) | _pages(row.footer))
    header = [
        {"url": "", "note": "", "links": [], **shown(child.block, child.value, references)} for child in row.header
    ]
    footer = [shown(child.block, child.value, references) for child in row.footer]
    made = {"header": header, "footer": footer}
    if request is not None:
        request._road_out_menu = made  # type: ignore[attr-defined]
    return made


def _pages(stream: Any) -> set[int]:
    links = [link for child in stream for link in child.value.get("links", [child.value])]
    return {link["page"] for link in links if link.get("page")}
