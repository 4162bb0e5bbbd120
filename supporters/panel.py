"""What staff see of people: who they are to us, and each yes and no they told us."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSetGroup

from staff.lists import ReadOnlyViewSet, Related
from supporters.models import ConsentEvent, Supporter


class SupporterViewSet(ReadOnlyViewSet):
    """One row for each mailbox that gave, signed or asked for letters."""

    model = Supporter
    icon = "user"
    menu_label = _("Supporters")
    list_display = ["name_or_email", "email", "country", "created_at"]
    list_filter = {"country": ["exact"], "created_at": ["date"]}
    search_fields = ["name", "email", "canonical"]
    inspect_view_fields = ["name", "email", "canonical", "country", "created_at"]
    list_export = ["name", "email", "country", "created_at"]
    related = [
        Related(
            _("What they agreed to"),
            lambda supporter: supporter.consent_events.all(),
            ["purpose", "given", "method", "at"],
        )
    ]


class ConsentEventViewSet(ReadOnlyViewSet):
    """The proof of consent: words, moment and way. Rows are only ever added."""

    model = ConsentEvent
    icon = "tick-inverse"
    menu_label = _("Consent")
    list_display = ["supporter", "purpose", "given", "method", "where", "at"]
    list_filter = {"purpose": ["exact"], "given": ["exact"], "method": ["exact"], "at": ["date"]}
    search_fields = ["supporter__name", "supporter__email", "wording"]
    list_select_related = ["supporter"]
    inspect_view_fields = [
        "supporter",
        "purpose",
        "given",
        "wording",
        "wording_sha256",
        "locale",
        "where",
        "method",
        "asked_at",
        "at",
    ]


class People(ModelViewSetGroup):
    menu_label = _("People")
    menu_icon = "group"
    menu_order = 400
    items = (SupporterViewSet, ConsentEventViewSet)
