"""Share image (Open Graph) of a page: its title, rendered on request."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from wagtail.models import Page

from awareness import structured
from awareness.reading import ReadingPage
from foundation.drawing import share_answer
from foundation.organisation.models import Organisation


@require_safe
def picture(request: HttpRequest, number: int) -> HttpResponse:
    """The share image of a public page of ours; Http404 for any other."""
    found = Page.objects.live().public().filter(pk=number).first()
    page = found.specific if found else None
    if not isinstance(page, ReadingPage):
        raise Http404
    return share_answer.answer(request, structured.title(page), Organisation.load().name)
