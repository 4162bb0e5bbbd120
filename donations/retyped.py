"""The giving form that is shown again to a browser without scripts: as a redirect, so that Back from Stripe finds a
page and not the answer to a POST, which no browser keeps. What was typed waits in a cookie of that browser alone.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from donations.forms import GiveForm

NAME = "typed"
SALT = "donations.retyped"
LIFE = 600  # seconds: the page is asked for at once; a reload a little later finds it too
LARGEST = 3500  # bytes: a browser keeps 4096 of one cookie
PLAIN = "plain"  # the field that only a browser without scripts sends; with them, give.js does the same
AGAIN = "again"  # in the address of the page that shows it


def aside(request: HttpRequest, path: str, form: GiveForm) -> HttpResponse | None:
    """The redirect. None for who has scripts, for more than a cookie holds, and where a card's number was typed, which
    no cookie keeps: they get the page as the answer.
    """
    if PLAIN not in request.POST or form.with_cards:
        return None
    typed = {name: request.POST[name] for name in (*form.fields, "step", "into") if request.POST.get(name)}
    kept = signing.dumps(typed, salt=SALT, compress=True)
    if len(kept) > LARGEST:
        return None
    answer = HttpResponseRedirect(f"{path}?{AGAIN}")
    answer.status_code = 303
    answer.set_cookie(
        NAME, kept, max_age=LIFE, path=reverse("donations:give"), secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
    return answer


def typed(request: HttpRequest) -> QueryDict | None:
    """What was typed, where the address asks for it and the browser still has it."""
    if AGAIN not in request.GET:
        return None
    try:
        found: Any = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    data = QueryDict(mutable=True)
    data.update(found)
    return data


def forget(answer: HttpResponse) -> None:
    """It was sent."""
    answer.delete_cookie(NAME, path=reverse("donations:give"), samesite="Lax")
