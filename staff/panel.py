"""Operations in the panel: the lists of letters and jobs, and the health of the site on the dashboard."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSetGroup

from foundation.jobs import queue
from foundation.jobs.models import Heartbeat, Job
from foundation.letters import resending, throttle
from foundation.letters.models import Letter
from foundation.organisation import clone_guard
from staff.counting import counts
from staff.letter_resending import MAY, LetterList
from staff.list_filters import ListFilterSet
from staff.list_search import Search, is_address, mailed_to
from staff.lists import Action, ReadOnlyViewSet, try_again


def _send_letter(letter: Letter, user: Any) -> str:
    resending.resend(letter)
    return gettext("The letter waits to be sent again.")


def _warning(letter: Letter) -> str:
    wrong = resending.warning(letter)
    return gettext("%(wrong)s Send it there all the same?") % {"wrong": wrong} if wrong else ""


class Addresses(django_filters.BaseInFilter, django_filters.CharFilter):
    """Several, with commas between them."""


class LetterFilters(ListFilterSet):
    to = Addresses(label=_("To one of these addresses"), method="to_any")

    class Meta:
        model = Letter
        fields = {"state": ["exact"], "template": ["exact"], "created_at": ["date"], "sent_at": ["date"]}

    def to_any(self, rows: Any, name: str, addresses: list[str]) -> Any:
        return rows.to_any(addresses)


def _reader(typed: str) -> Any:
    return mailed_to("to", typed) if is_address(typed) else None


def _jobs(rows: Any, typed: str) -> Any:
    """By key, its beginning, or kind; by words only what failed: other jobs come and go too fast for an index."""
    if typed in queue.HANDLERS:
        return rows.filter(kind=typed)
    return rows.filter(Q(key__startswith=typed) | Q(state=Job.State.DEAD, last_error__sought=typed))


class LetterViewSet(ReadOnlyViewSet):
    """The list of letters: what was written to whom. The text may hold links that sign a person in, so it stays out;
    who may see the reader's own page reads it there without them.
    """

    model = Letter
    icon = "mail"
    menu_label = gettext_lazy("Letters")
    list_display = ["subject", "to", "state", "created_at", "sent_at"]
    filterset_class = LetterFilters
    inspect_template_name = "staff/letter_panel.html"
    search_fields, search = Letter.sought_in, Search(_reader)
    inspect_view_fields = ["subject", "to", "template", "state", "created_at", "sent_at", "last_error"]
    index_view_class = LetterList
    actions = [
        Action(
            "again",
            _("Send again"),
            _send_letter,
            MAY,
            resending.may_go,
            warn=_warning,
            for_all=_("Send these letters again"),
        )
    ]


class JobViewSet(ReadOnlyViewSet):
    """The job queue. A dead job failed many times and waits for a person."""

    model = Job
    icon = "cogs"
    menu_label = gettext_lazy("Jobs")
    list_display = ["key", "kind", "state", Column("due_at", label=gettext_lazy("Due at"), sort_key="run_at")]
    list_display += ["failures", "finished_at"]
    inspect_view_fields = ["kind", "key", "lane", "group", "args", "state", "due_at", "attempts", "failures"]
    inspect_view_fields += ["lease_until", "last_error", "created_at", "finished_at"]
    list_filter = ["state", "kind"]
    search_fields, search = ["key"], Search(words=_jobs)
    actions = [try_again("jobs.change_job", lambda job: job.state == Job.State.DEAD)]


class System(ModelViewSetGroup):
    menu_label = gettext_lazy("System")
    menu_icon = "cogs"
    menu_order = 900
    items = (LetterViewSet, JobViewSet)


class HealthPanel(Component):
    """Health on the dashboard: counts that should be zero, and whether a worker is alive."""

    name = "staff_health"
    order = 90
    template_name = "staff/health_panel.html"
    ALIVE = timedelta(seconds=90)

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        now = timezone.now()
        jobs, letters = reverse("job:index"), reverse("letter:index")
        states, letter_states = Job.State, Letter.State
        before = now - timedelta(minutes=10)
        late, ready, dead, waiting, failed, unsure = counts(
            Job.objects.filter(state=states.READY, run_at__lt=before, created_at__lt=before),
            *(Job.objects.filter(state=state) for state in (states.READY, states.DEAD)),
            *(
                Letter.objects.filter(state=state)
                for state in (letter_states.WAITING, letter_states.FAILED, letter_states.UNSURE)
            ),
        )
        return {
            "refused": clone_guard.identity().refused,
            "letters_wait": throttle.standing_still(),
            "waiting": [
                (_("letters that wait"), waiting, f"{letters}?state=waiting"),
                (_("jobs that wait"), ready, f"{jobs}?state=ready"),
            ],
            "figures": [
                (_("failed jobs"), dead, f"{jobs}?state=dead"),
                (_("jobs that are late"), late, f"{jobs}?state=ready"),
                (_("letters refused"), failed, f"{letters}?state=failed"),
                (_("letters that may not have left"), unsure, f"{letters}?state=unsure"),
            ],
            "worker_alive": Heartbeat.objects.filter(beat_at__gt=now - self.ALIVE).exists(),
        }
