"""Template tags of the pledges: how many have signed, the call to sign, and a supporter's signatures."""

from typing import Any

from django import template
from django.template import Context
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from foundation.organisation import countries
from foundation.organisation.sought import Sought
from pledges import counting
from pledges.models import Pledge, PledgeText, Signature

register = template.Library()


@register.filter
def country_name(code: str) -> str:
    """Filter: the country name of a two-letter code, in the reader's language."""
    return countries.name(code)


def _pledge(slug: str) -> Pledge | None:
    """Return the pledge with that slug, or the main one."""
    return Pledge.objects.filter(slug=slug).first() if slug else Pledge.objects.filter(is_main=True).first()


@register.simple_tag
def pledge_count(slug: str = "") -> str:
    """Number of confirmed signatures, in the reader's language: "18,204". "0" where none is to be shown."""
    chosen = _pledge(slug)
    return number_format((chosen and counting.shown(chosen)) or 0, use_l10n=True, force_grouping=True)


@register.inclusion_tag("pledges/call.html")
def pledge_call(slug: str = "") -> dict[str, Any]:
    """Call to action: a section that invites to sign. Nothing while there is no pledge, or no text, or it is closed."""
    chosen = _pledge(slug)
    if chosen is None or not chosen.is_open:
        return {"pledge": None}
    return {"pledge": chosen, "text": chosen.text_to_sign, "count": counting.shown(chosen)}


@register.simple_tag
def pledges_found(sought: Sought) -> list[dict[str, str | SafeString]]:
    """{% pledges_found sought as pledges %}: those whose title or newest words have what was looked for."""
    texts = list(PledgeText.objects.select_related("pledge").order_by("version"))
    newest = {text.pledge_id: text for text in texts if text.original_id is None}
    spoken = {text.original_id: text for text in texts if text.language == get_language()}
    rows = []
    for first in newest.values():
        text = spoken.get(first.pk, first)
        title, words = text.heading, text.text.replace("* ", "")
        if sought.is_in(title, words, _("sign the pledge")):
            url = text.pledge.get_absolute_url()
            rows.append({"url": url, "title": sought.marked(title), "words": sought.excerpt(words)})
    return rows


@register.inclusion_tag("pledges/my_pledge.html", takes_context=True)
def my_pledge(context: Context) -> dict[str, Any]:
    """{% my_pledge %}: the signatures of `request.supporter`."""
    rows = Signature.objects.filter(supporter=context["request"].supporter).select_related("pledge", "text")
    return {"signatures": list(rows), "csrf_token": context.get("csrf_token")}
