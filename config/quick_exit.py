"""Quick exit: leave to another site at once. Cookies of forms are expired, so that Back brings nothing typed back."""

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from donations.giving import browser_cookie, form_cookie
from foundation.access import path_cookies
from foundation.organisation.models import LEAVE_URL, Organisation
from supporters import visits

# By name, with the page whose address is the cookie's path. The session of staff is not among them.
OF_FORMS = (
    (browser_cookie.NAME, "donations:give"),
    (form_cookie.NAME, "donations:give"),
    (visits.COOKIE, "supporters:my"),
)


@csrf_exempt  # CSRF exempt: a forged request would end a form that was left half way, and no more
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """Leave the site. GET, the plain link, redirects. POST, sent by a script that has left already, gets no content."""
    answer = HttpResponse(status=204) if request.method == "POST" else HttpResponseRedirect(_elsewhere(), status=303)
    answer["Referrer-Policy"] = "no-referrer"
    answer.delete_cookie(settings.CSRF_COOKIE_NAME, samesite="Lax")
    for name, page in OF_FORMS:
        path_cookies.expire(answer, name, page)
    return answer


def _elsewhere() -> str:
    try:
        return Organisation.load().leave_url or LEAVE_URL
    except DatabaseError:
        return LEAVE_URL
