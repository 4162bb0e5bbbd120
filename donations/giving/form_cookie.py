"""Redirect after POST for the giving form, so that Back from Stripe, or from another page, finds a page and not the
answer to a POST, which no browser keeps. What was typed waits in a signed cookie of that browser alone, with what only
the sending could tell: that Stripe is down, refuses the sum, or was asked too often (D-154).
"""

from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from donations.giving.forms import GiveForm
from foundation.access import antispam

NAME = "typed"
SALT = "donations.retyped"
LIFE = 600  # seconds: the page is asked for at once; a reload a little later finds it too
LARGEST = 3500  # bytes: a browser keeps 4096 of one cookie
PLAIN = "plain"  # the field of our page that asks for it; whoever sends a form without it has no Back button
ANSWERS = ("step", "into", antispam.MEND, antispam.SURE)  # what is sent beside the fields, and says what is meant
AGAIN = "again"  # in the address of the page that shows it


class Refused(NamedTuple):
    """Why a valid form was not sent to Stripe; `field` where one of its own is to blame."""

    words: str
    field: str | None = None


class Typed(NamedTuple):
    data: QueryDict
    refused: Refused | None


def aside(request: HttpRequest, path: str, form: GiveForm, refused: Refused | None = None) -> HttpResponse | None:
    """Return the redirect (303) with the cookie. None for more than a cookie holds, and where a card number was typed,
    which no cookie keeps: they get the page as the response. `path` may have a query.
    """
    if PLAIN not in request.POST or form.with_cards:
        return None
    typed = {name: request.POST[name] for name in (*form.fields, *ANSWERS) if request.POST.get(name)}
    kept = signing.dumps([typed, refused, path], salt=SALT, compress=True)
    if len(kept) > LARGEST:
        return None
    answer = HttpResponseRedirect(f"{path}{'&' if '?' in path else '?'}{AGAIN}")
    answer.status_code = 303
    answer.set_cookie(
        NAME, kept, max_age=LIFE, path=reverse("donations:give"), secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
    return answer


def typed(request: HttpRequest, path: str) -> Typed | None:
    """Return what was typed, from the cookie, where the address asks for it and the browser still has it. Not what was
    typed in another tab, on the page of another campaign: `path` is that of this form.
    """
    if AGAIN not in request.GET:
        return None
    data = QueryDict(mutable=True)
    try:
        found, refused, kept_for = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=LIFE)
        data.update({str(name): str(text) for name, text in found.items()})
        words, field = refused or ("", None)
    except (signing.BadSignature, TypeError, ValueError, AttributeError):  # the last three: of an earlier version
        return None
    if kept_for != path:
        return None
    return Typed(data, Refused(str(words), field if field in list(GiveForm.base_fields) else None) if words else None)


def forget(answer: HttpResponse) -> None:
    """Delete the cookie, once the form was sent."""
    answer.delete_cookie(NAME, path=reverse("donations:give"), samesite="Lax")
