"""Editors' dashboard panel: counts of what they should check, which link to the lists."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from awareness import reviews
from awareness.fact_lists import OLD, old_figures
from awareness.facts import Source
from awareness.found_links import FoundLink
from awareness.hotlines import Hotline
from foundation.organisation.models import Organisation
from staff.counting import counts

SNIPPETS = "wagtailsnippets_awareness_"


class DeskPanel(Component):
    """Counts that should be small. Each links to its list."""

    name = "editors_desk"
    order = 80
    template_name = "awareness/desk_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        figures = reverse(f"{SNIPPETS}figure:list")
        pages, wrong, uncalled, unopened = counts(
            reviews.due(Page.objects.all(), Organisation.load().today()),
            FoundLink.objects.filter(state=FoundLink.State.BROKEN),
            Hotline.objects.filter(published=True, checked_on=None),
            Source.objects.filter(checked_on=None),
        )
        return {
            "lines": [
                (_("figures older than they may be"), len(old_figures()), f"{figures}?age={OLD}"),
                (_("pages that nobody reviewed for a year"), pages, reverse("review_report")),
                (_("links to what is not there"), wrong, reverse("link_report")),
                (_("phone lines that nobody called yet"), uncalled, reverse(f"{SNIPPETS}hotline:list")),
                (_("sources that nobody opened yet"), unopened, reverse(f"{SNIPPETS}source:list")),
            ]
        }
