"""Whoever may see the jobs is told by a letter of those that failed, once of each."""

from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.jobs import queue
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from staff import failed_jobs
from tests.staff.users import member

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def failed(number: int, kind: str = "welcome", minutes: int = 0) -> Job:
    job = queue.enqueue(kind, f"{kind}:{number}")
    Job.objects.filter(pk=job.pk).update(state="dead", finished_at=timezone.now() + timedelta(minutes=minutes))
    return job


def told() -> list[Letter]:
    failed_jobs.tell()
    return list(Letter.objects.filter(template="staff_notice").order_by("id"))


def test_it_tells_of_failed_jobs_once_and_where_they_are_tried_again():
    administrator = member("Administrator")
    member("Editor")
    assert told() == []
    failed(1)
    failed(2, "stripe-event")
    (letter,) = told()
    assert letter.to == administrator.email and "2 pieces of work (stripe-event, welcome)" in letter.text
    assert "/admin/job/?state=dead" in letter.text and "Try again" in letter.text
    assert told() == [letter]


def test_it_tells_again_only_of_what_failed_since():
    member("Administrator")
    first, _second = failed(1), failed(2, minutes=1)
    assert len(told()) == 1
    Job.objects.filter(key="welcome:2").update(state="done")
    assert len(told()) == 1, "the older one was told already"
    failed(3, minutes=2)
    _old, new = told()
    assert "1 piece of work (welcome)" in new.text
    queue.retry_dead(first)
    failed(1, minutes=3)
    assert len(told()) == 3, "it failed again"
