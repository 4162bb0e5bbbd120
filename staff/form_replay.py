"""Posted data of a form whose session or CSRF cookie had expired: kept on the answer, so that it can be sent again."""

from django.http import HttpRequest

from foundation.access import card_numbers

TEXT = 5000  # characters: what is longer is no name or message, but the body of a page
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


def is_worth_it(request: HttpRequest) -> bool:
    """Whether a person sent this form from a page of ours, as the browser vouches by `Origin`; not a script."""
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    return request.method == "POST" and ours and request.headers.get("x-requested-with") != "XMLHttpRequest"


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """The posted fields without the CSRF token, card numbers masked. Files are not kept: no page can hold one."""
    posted = request.POST.lists()
    kept = [(name, str(value)) for name, values in posted if name != TOKEN for value in values]
    return [(name, value if len(value) > TEXT else card_numbers.masked(value)) for name, value in kept]
