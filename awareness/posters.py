"""Poster PDF of one country's phone lines, for a wall: tagged for accessibility, without a logo or a name of ours."""

import hashlib
import json
from datetime import UTC, datetime, time
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from awareness.hotlines import Country, Hotline, by_country
from foundation.drawing import pdf
from foundation.organisation.languages import plainly

A_DAY = 24 * 60 * 60
FOR_WALLS = {Hotline.Kind.SUPPORT, Hotline.Kind.REPORT, Hotline.Kind.POLICE, Hotline.Kind.GENERAL}


@require_safe
def poster(request: HttpRequest, code: str) -> HttpResponse:
    """Return the PDF. Cached for a day for each country and language; rendered at once after a line changes."""
    country = next((each for each in by_country() if each.code.lower() == code), None)
    if country is None:
        raise Http404
    today = timezone.now().astimezone(UTC).date()
    facts = facts_of(country, date_format(today, "DATE_FORMAT"))
    key = "poster:" + hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    content = cache.get(key)
    if content is None:
        content = pdf.draw("poster", facts, datetime.combine(today, time(), UTC)).content
        cache.set(key, content, A_DAY)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="numbers-{code}.pdf"'
    return answer


def facts_of(country: Country, today: str) -> dict[str, Any]:
    """Return the poster's texts as plain data. Lines for professionals stay on the page: a wall is read by everyone."""
    lines = [row for row in country.lines if row.numbers and row.kind in FOR_WALLS]
    return {
        "lang": (get_language() or "en").split("-")[0],
        "title": _("You can ask for help"),
        "country": country.name,
        "questions": [
            _("Does somebody keep your papers or your wages?"),
            _("Are you afraid of what happens if you leave?"),
            _("Do you work for a debt that never gets smaller?"),
        ],
        "answer": _("You have done nothing wrong. You may call without being sure."),
        "emergency": country.emergency.text if country.emergency else "",
        "emergency_words": _("In danger now"),
        "lines": [
            {
                "name": row.name,
                "numbers": [number.text for number in row.numbers],
                "note": ", ".join(part for part in (str(row.get_kind_display()), plainly(row.hours)) if part),
            }
            for row in lines
        ],
        "small": [
            _("Numbers as of %(day)s. Call each of them before you hang this up, and look for a newer one each year.")
            % {"day": today},
        ],
    }
