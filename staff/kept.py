"""What somebody typed into a form of the panel when the session, or the form's cookie, was over: held on the answer."""

from django.http import HttpRequest

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


def is_worth_it(request: HttpRequest) -> bool:
    """A form that a person sent from a page of ours, as the browser vouches by `Origin`; not what a script sends."""
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    return request.method == "POST" and ours and request.headers.get("x-requested-with") != "XMLHttpRequest"


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """All of it but the token. Files are not kept: no page can hold one."""
    posted = request.POST.lists()
    return [(name, str(value)) for name, values in posted if name != TOKEN for value in values]
