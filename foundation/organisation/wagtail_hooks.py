"""Wagtail hooks: the list where staff enter who has read the site in a further language."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from foundation.organisation.models import LanguageReview


class LanguageReviewViewSet(SnippetViewSet):  # type: ignore[misc]  # Wagtail has no types
    model = LanguageReview
    icon = "globe"
    menu_label = _("Languages read")
    menu_order = 265
    add_to_admin_menu = True
    list_display = ["language", "reviewer", "checked_on"]
    panels = [FieldPanel("language"), FieldPanel("reviewer"), FieldPanel("checked_on")]


register_snippet(LanguageReviewViewSet)
