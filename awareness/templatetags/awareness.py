"""Template tags of awareness: menu, footer, the hotline of the strip, a figure, a footnote."""

from typing import Any
from urllib.parse import urlsplit

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from awareness import files, hotlines, navigation, structured
from awareness.facts import Figure, Source
from awareness.hotlines import Hotline
from awareness.pages import ArticlePage
from awareness.reading import ReadingPage
from awareness.references import References
from foundation.organisation import languages
from foundation.organisation.structured import script

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation_menu(context: Context) -> list[dict[str, Any]]:
    """{% navigation_menu as menu %}: items with label, url (empty: opens a group), note, links (label, url, note)."""
    return navigation.menu(context.get("request")).header


@register.simple_tag(takes_context=True)
def footer_links(context: Context) -> list[dict[str, Any]]:
    """{% footer_links as columns %}: columns with title and links (label, url, note)."""
    return navigation.menu(context.get("request")).footer


@register.simple_tag(takes_context=True)
def announcement(context: Context) -> dict[str, str]:
    """{% announcement as news %}: words, label and URL of the banner above every page; words are empty for none."""
    menu = navigation.menu(context.get("request"))
    words, label, address = menu.announcement
    return {
        "words": languages.marked(words),
        "label": languages.marked(label),
        "address": menu.addresses[address],
    }


@register.simple_tag(takes_context=True)
def page_at(context: Context, address: str) -> str:
    """{% page_at "/privacy/" as privacy %}: URL of a page of navigation.BY_TEMPLATES; empty while it is not public."""
    return navigation.menu(context.get("request")).addresses[address]


@register.simple_tag(takes_context=True)
def store_address(context: Context) -> str:
    """{% store_address as store %}: the URL of the shop's button, or nothing."""
    return navigation.menu(context.get("request")).store_address


@register.simple_tag(takes_context=True)
def structured_data(context: Context) -> SafeString:
    """{% structured_data %}: the page's JSON-LD for search engines. Nothing where there is no page of ours."""
    page = _public_page(context)
    if page is None:
        return SafeString("")
    url = context["base_url"] + context["request"].path
    things = structured.of(page, url, context["organisation"])
    return script(*things) if things else SafeString("")


@register.inclusion_tag("partials/share.html", takes_context=True)
def share_page(context: Context) -> dict[str, Any]:
    """{% share_page %}: Open Graph tags, what other sites show with a link to this page, with its own share image."""
    page = _public_page(context)
    if page is None:
        return {}
    organisation = context["organisation"]
    return {
        "title": page.seo_title or structured.title(page),
        "words": page.search_description or getattr(page, "deck", "") or organisation.name,
        "address": context["request"].path,
        "picture": structured.picture(page, organisation),
        "kind": "article" if isinstance(page, ArticlePage) else "website",
        "organisation": organisation,
        "base_url": context["base_url"],
    }


@register.filter
def host(address: str) -> str:
    """Filter: the host of a URL."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


@register.filter
def file_words(document: Any) -> str:
    """Filter: file type and size of a document: "PDF, 1.2 MB"."""
    return files.described(document)


@register.filter
def file_type(document: Any) -> str:
    """Filter: the content type of a film, a sound or captions."""
    return files.PLAYED.get(files.ending(document), "application/octet-stream")


@register.simple_tag
def hotline_line() -> Hotline | None:
    """{% hotline_line as line %}: the home country's support line (name, hours, numbers with text and url), or None."""
    return hotlines.home_line()


@register.simple_tag(takes_context=True)
def figure(context: Context, slug: str) -> SafeString:
    """{% figure "slug" %}: the number as printed with its footnote. Nothing when there is no such current figure."""
    references = _references(context)
    found = references.figure(slug)
    if found is None or found.status != Figure.Status.CURRENT:
        return SafeString("")
    return format_html("<bdi>{}</bdi>{}", languages.plainly(found.text), references.cite(found))


@register.simple_tag(takes_context=True)
def cite(context: Context, fact: Figure | Source | None) -> SafeString:
    """{% cite value.source %} or {% cite value.figure %}: the superscript number of the footnote."""
    return _references(context).cite(fact) if fact else SafeString("")


def _public_page(context: Context) -> ReadingPage | None:
    """Return the page of ours that is rendered. None in a preview: an unsaved page has no URL to share."""
    page, request = context.get("page"), context.get("request")
    shown = request is not None and not getattr(request, "is_preview", False)
    return page if shown and isinstance(page, ReadingPage) else None


def _references(context: Context) -> References:
    found = context.get("references")
    if found is None:
        found = context["references"] = References(context.get("request"))
    return found
