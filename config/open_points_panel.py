"""The launch checklist in the panel: a page of its own, and a number on the dashboard."""

from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component

from awareness.reports import may_read
from config.open_points import open_points
from foundation.page_store import generation
from staff.counting import kept

TITLE = _("Before this site opens")


def to_check(request: HttpRequest) -> HttpResponse:
    """The list, for those who write pages."""
    if not may_read(request.user):
        raise PermissionDenied
    points = open_points()
    kinds = [(kind, list(those)) for kind, those in groupby(points, key=lambda point: point.kind)]
    return render(request, "staff/to_check.html", {"kinds": kinds, "number": len(points)})


class OpenPointsPanel(Component):
    """Dashboard panel: how many points are open, and a link to them. Hidden once there are none."""

    name = "open_points"
    order = 70
    template_name = "staff/to_check_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        # It takes the text of every page; whatever is saved of those, drafts as well, raises the generation.
        number = kept("open-points", generation.current(), lambda: len(open_points()))
        return {"number": number, "address": reverse("to_check")}
