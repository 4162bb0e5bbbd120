"""Panel list of calls that Stripe refused: each reason once, until somebody says that it is resolved."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.models import StripeTrouble
from staff.lists import Action, ReadOnlyViewSet


def _settled(row: StripeTrouble, user: Any) -> str:
    StripeTrouble.objects.open().filter(pk=row.pk).update(settled_at=timezone.now())
    return gettext("Noted. If Stripe refuses the same again, you are told again.")


class TroubleViewSet(ReadOnlyViewSet):
    """Refusals: a sum that Stripe does not take, an archived product, a clock that is wrong, a key without a right."""

    model = StripeTrouble
    icon = "warning"
    menu_label = _("Refused by Stripe")
    list_display = ["what", "said", "mended", "times", "last_at", "settled_at"]
    list_filter = {"settled_at": ["isnull"], "mended": ["exact"]}
    search_fields = ["what", "said"]
    inspect_view_fields = ["what", "said", "mended", "times", "first_at", "last_at", "settled_at"]
    actions = [
        Action(
            "settled",
            _("It is put right"),
            _settled,
            "donations.change_stripetrouble",
            applies=lambda row: row.settled_at is None,
        )
    ]
