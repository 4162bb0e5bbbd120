"""The worker does by the clock what no visitor asks for."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from wagtail.models import Page

from foundation.jobs.queue import enqueue_periodic, run_due

pytestmark = pytest.mark.django_db


def test_it_puts_a_page_on_the_site_at_the_minute_that_its_editor_set():
    root = Page.objects.filter(depth=1).get()
    later = timezone.now() + timedelta(hours=2)
    page = root.add_child(instance=Page(title="Later", slug="later", live=False, go_live_at=later))
    page.save_revision(approved_go_live_at=later)
    enqueue_periodic()
    run_due()
    assert not Page.objects.get(pk=page.pk).live
    with time_machine.travel(later + timedelta(minutes=1)):
        enqueue_periodic()
        run_due()
        assert Page.objects.get(pk=page.pk).live


def test_it_takes_a_page_off_the_site_when_its_time_is_over():
    root = Page.objects.filter(depth=1).get()
    ends = timezone.now() + timedelta(hours=2)
    page = root.add_child(instance=Page(title="Short", slug="short", live=True, expire_at=ends))
    with time_machine.travel(ends + timedelta(minutes=1)):
        enqueue_periodic()
        run_due()
        assert not Page.objects.get(pk=page.pk).live
