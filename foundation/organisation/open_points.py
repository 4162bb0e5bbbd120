"""Checklist: what staff must still check or fill in before a site opens. Each app names its own, for one list."""

from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.organisation.models import LanguageReview, Organisation

NEEDED = ("legal_name", "registration_number", "tax_statement", "address", "phone", "email", "press_email")
IDENTITY = gettext_lazy("Who you are")
READ = gettext_lazy("Translations that no speaker has read")


class OpenPoint(NamedTuple):
    """One thing to do: what it is, where it belongs in the list, and the place in the panel where it is done."""

    kind: str
    words: str
    address: str


def open_points() -> list[OpenPoint]:
    """What the settings of the organisation do not say yet, and the languages that nobody has read."""
    row, where = Organisation.load(), reverse("wagtailsettings:edit", args=["organisation", "organisation"])
    kind = str(IDENTITY)
    points = [
        OpenPoint(kind, _("Enter: %(field)s") % {"field": _label(name)}, where)
        for name in NEEDED
        if not getattr(row, name)
    ]
    if row.is_sample:
        points.insert(
            0, OpenPoint(kind, _("This is the sample charity. Enter your own, and take the tick away."), where)
        )
    read = set(LanguageReview.objects.values_list("language", flat=True))
    add = reverse(LanguageReview.snippet_viewset.get_url_name("add"))  # type: ignore[attr-defined]
    others = [(code, name) for code, name in settings.LANGUAGES[1:] if code not in read]
    return points + [
        OpenPoint(str(READ), _("The whole site in %(language)s") % {"language": _(name)}, add) for _code, name in others
    ]


def _label(name: str) -> str:
    return str(Organisation._meta.get_field(name).verbose_name)
