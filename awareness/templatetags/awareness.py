"""What templates may ask of awareness: menu, foot, the hotline of the strip, a figure, a note."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from awareness import hotlines, navigation
from awareness.facts import Figure, Source
from awareness.hotlines import Hotline
from awareness.references import References

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation_menu(context: Context) -> list[dict[str, Any]]:
    """{% navigation_menu as menu %}: items with label, url (empty: opens a group), note, links (label, url, note)."""
    return navigation.menu(context.get("request"))["header"]


@register.simple_tag(takes_context=True)
def footer_links(context: Context) -> list[dict[str, Any]]:
    """{% footer_links as columns %}: columns with title and links (label, url, note)."""
    return navigation.menu(context.get("request"))["footer"]


@register.simple_tag
def hotline_line() -> Hotline | None:
    """{% hotline_line as line %}: the home country's support line (name, hours, numbers with text and url), or None."""
    return hotlines.home_line()


@register.simple_tag(takes_context=True)
def figure(context: Context, slug: str) -> SafeString:
    """{% figure "slug" %}: the number as printed with its raised note. Nothing when there is no such current figure."""
    references = _references(context)
    found = references.figure(slug)
    if found is None or found.status != Figure.Status.CURRENT:
        return SafeString("")
    return format_html("<bdi>{}</bdi>{}", found.text, references.cite(found))


@register.simple_tag(takes_context=True)
def cite(context: Context, fact: Figure | Source | None) -> SafeString:
    """{% cite value.source %} or {% cite value.figure %}: the raised number of the note."""
    return _references(context).cite(fact) if fact else SafeString("")


def _references(context: Context) -> References:
    found = context.get("references")
    if found is None:
        found = context["references"] = References(context.get("request"))
    return found
