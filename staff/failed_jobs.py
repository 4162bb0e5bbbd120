"""Alert staff of jobs that failed: each waits for a person, and nobody looks into the list of jobs every day."""

from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from staff import alerts

KEY = "failed-jobs:"  # then the moment (UTC) at which the newest of them failed
MOMENT = "%Y%m%d%H%M%S%f"


@jobs.every("hour")
def tell() -> None:
    """Write one letter about all jobs that failed since the last such letter. One that fails again is told again."""
    failed = Job.objects.filter(state=Job.State.DEAD, finished_at__isnull=False)
    last = Letter.objects.filter(key__startswith=KEY).order_by("-key").values_list("key", flat=True).first()
    if last:
        failed = failed.filter(finished_at__gt=datetime.strptime(last.split(":")[1], MOMENT).replace(tzinfo=UTC))
    newest = failed.order_by("finished_at").last()
    if newest is None or newest.finished_at is None:
        return
    count = failed.count()
    kinds = ", ".join(sorted(set(failed.values_list("kind", flat=True))))
    words = ngettext(
        "%(count)s piece of work (%(kinds)s) was tried many times and failed. It waits for a person.",
        "%(count)s pieces of work (%(kinds)s) were tried many times and failed. They wait for a person.",
        count,
    ) % {"count": count, "kinds": kinds}
    todo = gettext(
        "The list says why of each. Where the reason is gone, press “Try again” there. Where it is not, show the list "
        "to whoever looks after this site."
    )
    page = f"{settings.BASE_URL}{reverse('job:index')}?state=dead"
    key = f"{KEY}{newest.finished_at.astimezone(UTC):{MOMENT}}"
    alerts.tell(key, "jobs.view_job", gettext("Work of the site failed"), f"{words}\n\n{todo}\n\n{page}")
