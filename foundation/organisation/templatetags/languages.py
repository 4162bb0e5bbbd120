"""Template tags and filters of languages: the page in other languages, and URLs that stay in the reader's."""

from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.urls import translate_url
from django.utils.translation import get_language, gettext, override

from foundation.organisation import languages
from foundation.organisation.models import LanguageReview

register = template.Library()
# Views that read the same for everybody. Others are one person's, or carry a token or a form half way.
OFFERED = {"donations:give", "donations:campaign", "pledges:pledge", "supporters:subscribe", "supporters:my", "search"}


class Version(NamedTuple):
    code: str
    name: str
    url: str

    @property
    def is_first(self) -> bool:
        """In our first language: for readers whose own we do not have."""
        return self.code == settings.LANGUAGE_CODE


@register.filter
def here(address: str) -> str:
    """`{{ "/get-help/"|here }}`: that address in the language of this page."""
    return languages.here(str(address))


@register.filter
def said(words: str) -> str:
    """`{{ figure.counts|said }}`: a row's words in the reader's language, else as they are, marked with theirs."""
    return languages.marked(words)


@register.filter
def by_itself(words: str) -> str:
    """What a figure counts, without its number before it: Spanish says “de personas” after millions alone."""
    return words.removeprefix("de ") if get_language() == "es" and words.startswith("de ") else words


@register.filter
def typed(words: str) -> str:
    """Words that stay as they were typed, such as the title of a source: marked in a page of another language."""
    return languages.as_typed(words)


@register.filter
def said_plainly(words: str) -> str:
    """The same without markup, for an attribute."""
    return languages.plainly(words)


@register.simple_tag(takes_context=True)
def versions(context: dict[str, Any]) -> list[Version]:
    """This page in every language that has it, its own first; empty where there is but one."""
    request, page = context.get("request"), context.get("page")
    mine = get_language() or settings.LANGUAGE_CODE
    names = dict(settings.LANGUAGES)
    if request is None or mine not in names or len(names) < 2:
        return []
    if page is not None and hasattr(page, "get_translations"):
        known = getattr(page, "said_elsewhere", None)  # where a page has asked for them with the rest of what it shows
        others = known() if known else page.get_translations().live().select_related("locale")
        found = {other.locale.language_code: other.get_url(request) or "" for other in others}
    elif getattr(request.resolver_match, "view_name", "") in OFFERED:
        found = {code: translate_url(request.path, code) for code in names if code != mine}
    else:
        return []
    rest = [Version(code, names[code], url) for code, url in found.items() if url and code in names]
    return [Version(mine, names[mine], request.path), *rest] if rest else []


@register.simple_tag(takes_context=True)
def tongues(context: dict[str, Any], here: list[Version]) -> list[Version]:
    """Where readers of other languages may go: this page in theirs, or the front page, which then says so."""
    mine, page = get_language() or settings.LANGUAGE_CODE, context.get("page")
    known = {each.code for each in here} | {mine}
    if page is None or not hasattr(page, "get_translations") or mine not in dict(settings.LANGUAGES):
        return here[1:]
    return [*here[1:], *(_front_page(code, name) for code, name in settings.LANGUAGES if code not in known)]


def _front_page(code: str, name: str) -> Version:
    with override(code):
        return Version(code, gettext("%(language)s: the front page") % {"language": name}, languages.here("/"))


@register.simple_tag(takes_context=True)
def unread(context: dict[str, Any]) -> bool:
    """Whether this page's language is one that no speaker of it has read the site in."""
    mine = get_language() or settings.LANGUAGE_CODE
    if mine == settings.LANGUAGE_CODE:
        return False
    known: bool | None = getattr(context.get("request"), "language_is_read", None)  # of a page: config/languages.py
    return not (LanguageReview.objects.filter(language=mine).exists() if known is None else known)
