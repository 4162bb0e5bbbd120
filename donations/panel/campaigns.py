"""Panel lists of campaigns with what each raised, the editor with its preview, and the gifts matched."""

from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.snippets.views.snippets import EditView, SnippetViewSet, SnippetViewSetGroup

from donations.models import Campaign, MatchReservation
from donations.models.campaigns import CampaignQuerySet
from donations.panel.campaign_form import CampaignForm
from staff.editing import NeverDeleted
from staff.lists import ReadOnlyViewSet


class CampaignEdit(EditView):
    """The editor. No gift reserves of the match between the check of a new cap and its saving."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            Campaign.objects.select_for_update().get(pk=self.object.pk)
            return cast(HttpResponse, super().post(request, *args, **kwargs))


class CampaignViewSet(NeverDeleted, SnippetViewSet):
    """Campaigns. Sums are the ledger's of now. Gifts hang on a campaign: it is ended or taken off, not deleted."""

    model = Campaign
    icon = "crosshairs"
    menu_label = _("Campaigns")
    list_display = ["title", "state_text", "raised_text", "goal_text", "matched_text", "starts_on", "ends_on"]
    list_filter = {"currency": ["exact"], "ended": ["exact"], "live": ["exact"]}
    search_fields = ["title", "slug", "summary", "match_funder"]
    search_backend_name = None
    list_per_page = 50
    copy_view_enabled = False
    edit_view_class = CampaignEdit
    edit_handler = ObjectList(
        base_form_class=CampaignForm,
        children=[
            FieldPanel("title"),
            FieldPanel("slug"),
            FieldPanel("summary"),
            MultiFieldPanel([FieldPanel("picture"), FieldPanel("picture_alt")], heading=_("Picture")),
            FieldPanel("story"),
            MultiFieldPanel(
                [FieldPanel("currency"), FieldPanel("goal_sum"), FieldPanel("fund")], heading=_("What it is for")
            ),
            MultiFieldPanel(
                [FieldPanel("starts_on"), FieldPanel("ends_on"), FieldPanel("ended"), FieldPanel("closing_words")],
                heading=_("When it takes gifts"),
            ),
            MultiFieldPanel([FieldPanel("lead_reference"), FieldPanel("lead_donor")], heading=_("Lead gift")),
            MultiFieldPanel([FieldPanel("match_funder"), FieldPanel("cap_sum")], heading=_("Match")),
            FieldPanel("is_sample"),
        ],
    )

    def get_queryset(self, request: HttpRequest) -> CampaignQuerySet:
        return Campaign.objects.with_totals().select_related("currency")


class MatchViewSet(ReadOnlyViewSet):
    """Match reservations: which gifts a funder matches, and with how much."""

    model = MatchReservation
    icon = "link"
    menu_label = _("Matched gifts")
    list_display = ["gift", "campaign", "amount_text", "state", "changed_at"]
    list_filter = {"campaign": ["exact"], "state": ["exact"]}
    search_fields = ["gift__reference", "campaign__title"]
    list_select_related = ["gift", "campaign__currency"]


class Campaigns(SnippetViewSetGroup):
    menu_label = _("Campaigns")
    menu_icon = "crosshairs"
    menu_order = 210
    items = (CampaignViewSet, MatchViewSet)
