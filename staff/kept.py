"""What somebody typed into a form of the panel when the session, or the form's cookie, was over: held on the answer."""

from django.http import HttpRequest

from foundation.doors import card_numbers

TEXT = 5000  # characters: what is longer is no name or message, but the body of a page
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


def is_worth_it(request: HttpRequest) -> bool:
    """A form that a person sent from a page of ours, as the browser vouches by `Origin`; not what a script sends."""
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    return request.method == "POST" and ours and request.headers.get("x-requested-with") != "XMLHttpRequest"


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """All of it but the token, and what looks like a card's number. Files are not kept: no page can hold one."""
    posted = request.POST.lists()
    kept = [(name, str(value)) for name, values in posted if name != TOKEN for value in values]
    return [(name, value if len(value) > TEXT else card_numbers.masked(value)) for name, value in kept]
