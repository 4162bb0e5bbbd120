"""Dashboard panel of signatures: how many there are, came this month, are not confirmed, and crowds to look at."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count
from django.urls import reverse
from wagtail.admin.ui.components import Component

from foundation.organisation.models import Organisation
from pledges import counting, crowd_panel, crowds
from pledges.models import Pledge, Signature, SignatureEvent
from staff.counting import kept

CONFIRMED, STARTED = Signature.State.CONFIRMED, Signature.State.STARTED
Linked = tuple[int, str]  # a number, and the list of what it counts


class SignaturesPanel(Component):
    name = "pledges_signatures"
    order = 75
    template_name = "pledges/signatures_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        organisation = Organisation.load()
        month = organisation.today().replace(day=1)
        since = datetime.combine(month, time.min, organisation.zone)
        # Both walk through weeks of signatures, and change with the next step of a count.
        step = SignatureEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
        version = f"{step}:{since.isoformat()}"
        new, waiting = kept("signatures", version, lambda: (_by_pledge(CONFIRMED, since), crowds.waiting()))
        return {
            "pledges": list(_of_pledges(month, new)),
            "crowds": waiting,
            "crowds_label": crowd_panel.LABEL,
            "crowds_url": reverse("pledges_crowds"),
        }


def _of_pledges(month: date, new: dict[int, int]) -> Iterator[tuple[str, list[Linked]]]:
    """Each pledge, by its title: confirmed signatures, those confirmed since the month began, those that wait."""
    waiting = _by_pledge(STARTED)
    for pledge in Pledge.objects.order_by("-is_main", "title"):
        confirmed = f"{reverse('signature:index')}?pledge={pledge.pk}&state={CONFIRMED}"
        yield (
            pledge.title,
            [
                (counting.confirmed(pledge), confirmed),
                (new.get(pledge.pk, 0), f"{confirmed}&confirmed_at__date_from={month}"),
                (waiting.get(pledge.pk, 0), f"{reverse('signature:index')}?pledge={pledge.pk}&state={STARTED}"),
            ],
        )


def _by_pledge(state: str, since: datetime | None = None) -> dict[int, int]:
    of_state = Signature.objects.filter(state=state)
    which = of_state.filter(confirmed_at__gte=since) if since else of_state
    counted = which.order_by().values_list("pledge").annotate(count=Count("pk"))
    return dict(counted)
