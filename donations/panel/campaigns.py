"""Panel lists of campaigns with what each raised, the editor with its preview, and the gifts matched."""

from datetime import timedelta
from typing import Any, cast

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.snippets.views.snippets import EditView, SnippetViewSet, SnippetViewSetGroup

from donations.campaigns import donor_names, funnel
from donations.models import Campaign, Gift, MatchReservation
from donations.panel.campaign_form import CampaignForm
from foundation.organisation.models import Organisation
from staff.editing import NeverDeleted
from staff.list_filters import ListFilterSet
from staff.lists import Action, ReadOnlyViewSet

PERIOD = "days"
PERIODS = [("7", _("in the last 7 days")), ("30", _("in the last 30 days")), ("365", _("in the last 365 days"))]


def _unname(gift: Gift, user: Any) -> str:
    donor_names.hide(gift)
    return gettext("The name stands on no page any more.")


UNNAME = Action(
    "unname",
    _("Show no name with this gift"),
    _unname,
    "donations.change_gift",
    applies=lambda gift: gift.name_public,
)


class CampaignEdit(EditView):
    """The editor. No gift reserves of the match between the check of a new cap and its saving."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            Campaign.objects.select_for_update(no_key=True).get(pk=self.object.pk)
            return cast(HttpResponse, super().post(request, *args, **kwargs))


class CampaignFilters(ListFilterSet):
    """The period filters no rows: it says of which days seen, begun and paid are (CampaignViewSet.get_queryset)."""

    days = django_filters.ChoiceFilter(
        label=_("Seen, begun and paid"), choices=PERIODS, empty_label=_("since the beginning"), method="all_of_them"
    )

    class Meta:
        model = Campaign
        fields = {"currency": ["exact"], "ended": ["exact"], "live": ["exact"]}

    def all_of_them(self, rows: QuerySet[Campaign], name: str, value: str) -> QuerySet[Campaign]:
        return rows


class CampaignViewSet(NeverDeleted, SnippetViewSet):
    """Campaigns. Sums are the ledger's of now. Gifts hang on a campaign: it is ended or taken off, not deleted."""

    model = Campaign
    icon = "crosshairs"
    menu_label = _("Campaigns")
    list_display = [
        "title",
        "state_text",
        "raised_text",
        "goal_text",
        "matched_text",
        "seen_text",
        "begun_text",
        "paid_text",
    ]
    list_display += ["starts_on", "ends_on"]
    filterset_class = CampaignFilters
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
            FieldPanel("shows_names"),
            FieldPanel("is_sample"),
        ],
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        days = request.GET.get(PERIOD, "")
        since = Organisation.load().today() - timedelta(days=int(days) - 1) if days in dict(PERIODS) else None
        return funnel.counted(Campaign.objects.with_totals().select_related("currency"), since)


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
