"""The files of a page's pictures, made by the worker once the page is published, so that no reader waits for them."""

from typing import Any
from urllib.parse import urlsplit

from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import page_published

from awareness import visitor
from awareness.reading import ReadingPage
from foundation.jobs import queue as jobs

KIND = "make-pictures"


@receiver(page_published)
def ask(sender: type[Page], instance: Any, revision: Any = None, **kwargs: Any) -> None:
    """Each version that is published is looked at once; a page without pictures needs none of it."""
    if isinstance(instance, ReadingPage) and instance.shows_pictures():
        version = revision.pk if revision else instance.latest_revision_id
        jobs.enqueue(KIND, f"{KIND}:{instance.pk}:{version}", {"page": instance.pk})


@jobs.handler(KIND)
def make(args: dict[str, Any]) -> None:
    """Whoever reads the page first has all of its files made; here that is the worker."""
    page = Page.objects.live().filter(pk=args["page"]).first()
    address = page.get_url() if page else None
    if address:
        visitor.answer(urlsplit(address).path)
