"""Search page: one form and its results. The words stand in no URL, history, cookie or log."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from awareness import finding
from foundation.access import card_numbers
from foundation.organisation.sought import Sought


# CSRF exempt: a token would need a cookie; another site that sends this form can change nothing here and reads no
# answer.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The empty form by GET, whatever stands in its query; results by POST alone."""
    posted = request.method == "POST"
    words = request.POST.get("words", "") if posted else ""
    card = card_numbers.stands_in(words)
    sought = Sought("" if card else words, get_language() or "")
    found = finding.answers(sought) if sought else None  # the template asks the other apps for theirs
    known = {"sought": sought, "posted": posted, "card": card, "found": found}
    answer = render(request, "awareness/search.html", known)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
