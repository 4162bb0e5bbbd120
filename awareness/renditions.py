"""Image renditions, made by a job once a page is published, so that no reader waits for them."""

from typing import Any
from urllib.parse import urlsplit

from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import page_published

from awareness import visitor
from awareness.reading import ReadingPage
from foundation.jobs import lanes
from foundation.jobs import queue as jobs

KIND = "make-pictures"


@receiver(page_published)
def enqueue_renditions(sender: type[Page], instance: Any, revision: Any = None, **kwargs: Any) -> None:
    """Signal receiver: enqueue a job once for each published revision; a page without pictures needs none."""
    if isinstance(instance, ReadingPage) and instance.shows_pictures():
        version = revision.pk if revision else instance.latest_revision_id
        jobs.enqueue(KIND, f"{KIND}:{instance.pk}:{version}", {"page": instance.pk})


@jobs.handler(KIND, lane=lanes.SLOW)
def make(args: dict[str, Any]) -> None:
    """Job: request the page as its first reader would, which makes all of its renditions."""
    page = Page.objects.live().filter(pk=args["page"]).first()
    address = page.get_url() if page else None
    if address:
        visitor.answer(urlsplit(address).path)
