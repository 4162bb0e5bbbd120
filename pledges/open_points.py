"""Launch checklist of the pledges: words that are our sample, and not the charity's."""

from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.organisation.open_points import OpenPoint
from pledges.models import Pledge


def open_points() -> list[OpenPoint]:
    """Return an open point for each open pledge whose newest words are a sample."""
    samples = [each for each in Pledge.objects.filter(is_open=True) if each.newest_text and each.newest_text.is_sample]
    kind = _("Pledges in our sample words")
    return [OpenPoint(kind, each.title, reverse("pledge:edit", args=[each.pk])) for each in samples]
