"""Navigation: the menu at the head and the links in the footer, as editors set them."""

import re
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import connection, models
from django.db.models import Exists, Subquery
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.models import Site

from awareness.base_blocks import Part, shown
from awareness.body_field import BodyField
from awareness.links import LinkBlock
from awareness.references import References
from foundation.organisation import addresses
from foundation.organisation.languages import marked
from foundation.organisation.models import LanguageReview
from foundation.page_store import generation

# The pages that templates link to by themselves, from the strip, the footer and the 404 page.
BY_TEMPLATES = ("/get-help/", "/privacy/", "/the-problem/what-is-human-trafficking/", "/about/faq/", "/about/contact/")
QUESTION_OR_PART = re.compile(r"[?#]")


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
    """Site settings of the navigation, one row. Headings of the menu either link somewhere or open a group."""

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
        """Raise ValidationError for half a link, and for an invalid one."""
        super().clean()
        addresses.field("announcement_address", self.announcement_address, addresses.check)
        addresses.field("store_address", self.store_address)
        if bool(self.announcement_label) != bool(self.announcement_address):
            raise ValidationError({"announcement_label": _("A link needs both words and an address, or neither.")})


class Menu(NamedTuple):
    """The navigation as readers of one language are shown it. It holds nothing of the request that it was made for."""

    header: list[dict[str, Any]]  # {label, url, note, links}
    footer: list[dict[str, Any]]  # {title, links}
    announcement: tuple[str, str, str]  # its words, label and URL, as typed
    store_address: str
    addresses: dict[str, str]  # where the pages of BY_TEMPLATES and the announcement are; empty while not public
    is_read: bool | None  # whether a speaker has read the site in this language


def menu(request: HttpRequest | None) -> Menu:
    """Return the navigation. A link to no public page is left out, and so is a group that has no links left.

    Cached on the request, and in this process until the publish generation goes up: one query, which asks for that. The
    first time two; one where a page of ours reads its own pages anyway.
    """
    known = _known(request)
    if known is not None:
        return known
    row, pages = _asked(request)
    header = [{"url": "", "note": "", "links": [], **shown(child.block, child.value, pages)} for child in row.header]
    footer = [shown(child.block, child.value, pages) for child in row.footer]
    for entry in [*header, *footer]:
        entry["links"] = [link for link in entry["links"] if link["url"]]
        for link in [entry, *entry["links"]]:
            _in_our_words(link)
    header = [entry for entry in header if entry["url"] or entry["links"]]
    footer = [column for column in footer if column["links"]]
    addresses = {address: pages.typed(address) for address in (*BY_TEMPLATES, row.announcement_address)}
    news = (row.announcement, row.announcement_label, row.announcement_address)
    made = Menu(header, footer, news, row.store_address, addresses, getattr(row, "is_read", None))
    if request is not None:
        request._road_out_menu = made  # type: ignore[attr-defined]
        if request._road_out_menu_key:  # type: ignore[attr-defined]
            cache.set(request._road_out_menu_key, made)  # type: ignore[attr-defined]
    return made


def references(request: HttpRequest | None) -> References | None:
    """Return the pages that the menu, the footer and the templates link to, in this request; lazy, not queried yet.
    None: they are known.
    """
    return None if _known(request) else _asked(request)[1]


def _known(request: HttpRequest | None) -> Menu | None:
    """The menu that was made before, in this request or in this generation. Not inside a transaction: what that has
    changed nobody else sees, and no generation tells.
    """
    if request is None:
        return None
    if not hasattr(request, "_road_out_menu_key"):
        number = 0 if connection.in_atomic_block else generation.current()
        key = f"menu:{number}:{get_language()}:{request.get_host()}" if number else ""
        found = cache.get(key) if key else None
        request._road_out_menu_key, request._road_out_menu = key, found  # type: ignore[attr-defined]
        if found is not None and not hasattr(request, "language_is_read"):
            request.language_is_read = found.is_read  # type: ignore[attr-defined]
    known: Menu | None = request._road_out_menu  # type: ignore[attr-defined]
    return known


def _asked(request: HttpRequest | None) -> tuple[Navigation, References]:
    """Return the settings row, with where the front page is and whether a speaker has read the site in the reader's
    language, by one query; and the pages it links to.
    """
    known: tuple[Navigation, References] | None = getattr(request, "_road_out_menu_row", None)
    if known is not None:
        return known
    front = Subquery(Site.objects.filter(is_default_site=True).values("root_page__url_path")[:1])
    read = Exists(LanguageReview.objects.filter(language=get_language() or settings.LANGUAGE_CODE))
    row = Navigation.objects.annotate(front=front, is_read=read).first() or Navigation.load()
    links = _links(row.header) + _links(row.footer)
    typed = [link.get("address") or "" for link in links] + [row.announcement_address, *BY_TEMPLATES]
    numbers = {link["page"] for link in links if link.get("page")}
    made = References(request, page_ids=numbers, typed=_pages_at(typed, getattr(row, "front", None) or "/"))
    if request is not None:
        request._road_out_menu_row = row, made  # type: ignore[attr-defined]
        if not hasattr(request, "language_is_read"):
            request.language_is_read = getattr(row, "is_read", None)  # type: ignore[attr-defined]
    return row, made


def _in_our_words(link: dict[str, Any]) -> None:
    """Translate a label into the reader's language, where a catalogue has it."""
    for name in ("label", "title", "note"):
        if link.get(name):
            link[name] = marked(link[name])


def _links(stream: Any) -> list[Any]:
    return [link for child in stream for link in child.value.get("links", [child.value])]


def _pages_at(addresses: list[str], front: str) -> dict[str, str]:
    """Map our own paths, without query and fragment, each to the `url_path` of its page in our first language."""
    paths = {QUESTION_OR_PART.split(address)[0] for address in addresses if address.startswith("/")}
    return {path: f"{front}{path.strip('/')}/" for path in paths if path.strip("/")}
