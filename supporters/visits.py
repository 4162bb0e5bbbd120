"""Sessions of My page: a mailed link (magic link), then a short session of its own. No password, no user."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache

from foundation.access import card_numbers, path_cookies, tokens
from foundation.access.models import AccessLink
from foundation.jobs import lanes
from foundation.jobs import queue as jobs
from foundation.letters import outbox
from foundation.organisation.zone import on_our_calendar
from supporters.addresses import canonical
from supporters.models import Supporter

LINK, SESSION = "my-link", "my-session"  # purposes of the two kinds of token
LINK_LIFE = timedelta(minutes=30)
IDLE = timedelta(minutes=30)  # idle timeout: a session ends so long after the last POST
COOKIE, PAGE = "my", "supporters:my"
TYPED = ("total", "name", "email")  # fields that people type into there

View = Callable[..., HttpResponse]


def enqueue_link(email: str) -> None:
    """Enqueue the job that mails a sign-in link, if we know the address. The request does the same work either way, so
    that neither its answer nor its time tells whether we do. Check the rate limit of supporters.mailbox first.
    """
    known = Supporter.objects.filter(canonical=canonical(email), erased_at=None).first()
    jobs.enqueue("my-link", f"my-link:{uuid.uuid4()}", {"supporter": known.pk if known else 0})


@jobs.handler("my-link", lane=lanes.PEOPLE)
@transaction.atomic
def send_link(args: dict[str, Any]) -> None:
    """Job: mail a sign-in link, to the address as its owner proved it last, never to what was typed now."""
    supporter = Supporter.objects.filter(pk=args["supporter"], erased_at=None).first()
    if supporter is None:
        return
    token = tokens.make(LINK, str(supporter.pk), LINK_LIFE)
    with translation.override(supporter.language):
        link = settings.BASE_URL + reverse("supporters:enter", args=[token])
    context = {
        "name": supporter.name,
        "link": link,
        "minutes": str(int(LINK_LIFE.total_seconds() // 60)),
    }
    outbox.queue(f"my-link:{uuid.uuid4()}", "my_link", supporter.email, context, language=supporter.language)


def begin(link: AccessLink, response: HttpResponse) -> bool:
    """Open a session for the holder of this link. False when it was used before: it opens once."""
    if not tokens.use(link):
        return False
    token = tokens.make(SESSION, link.subject, IDLE)
    secure = settings.SESSION_COOKIE_SECURE
    how: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": secure}
    response.set_cookie(COOKIE, token, path=_path(), **how)
    path_cookies.write(response, COOKIE, PAGE, token, but=_path(), **how)  # its address in each other language
    return True


def end(request: HttpRequest, response: HttpResponse) -> None:
    """Sign out: delete the session on our side too."""
    session = _session(request)
    if session:
        AccessLink.objects.filter(pk=session.pk).delete()
    response.delete_cookie(COOKIE, path=_path(), samesite="Lax")
    path_cookies.expire(response, COOKIE, PAGE, but=_path())


def end_all(supporter: Supporter) -> None:
    """Delete every session and every link of a person, on all their devices."""
    AccessLink.objects.filter(purpose__in=(LINK, SESSION), subject=str(supporter.pk)).delete()


def whose(request: HttpRequest) -> Supporter | None:
    """Return the supporter of this session; None without a living session. A POST extends the session."""
    session = _session(request)
    if session is None:
        return None
    if request.method == "POST":
        AccessLink.objects.filter(pk=session.pk).update(expires_at=timezone.now() + IDLE)
    return Supporter.objects.filter(pk=session.subject, erased_at=None).first()


def required(view: View) -> View:
    """Decorator: sets `request.supporter`; without a session it redirects to the page that mails a link. Where the
    session ended before a form was sent, the answer keeps what was typed.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        supporter = whose(request)
        if supporter is None:
            return _closed(request) or redirect("supporters:my")
        request.supporter = supporter  # type: ignore[attr-defined]
        answer = on_our_calendar(view)(request, *args, **kwargs)
        answer["Referrer-Policy"] = "same-origin"
        return answer

    return never_cache(guarded)


def _closed(request: HttpRequest) -> HttpResponse | None:
    """The page that keeps what was typed into a form of which the session ended meanwhile. None: nothing was typed."""
    typed = [value for name in TYPED if (value := request.POST.get(name, "").strip())]
    if not typed or COOKIE not in request.COOKIES or any(map(card_numbers.stands_in, typed)):
        return None
    kept = [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"]
    answer = render(request, "supporters/closed.html", {"typed": typed, "kept": kept}, status=403)
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _path() -> str:
    """Path of the cookie in the language of now: the browser sends it nowhere else."""
    return reverse(PAGE)


def _session(request: HttpRequest) -> AccessLink | None:
    token = request.COOKIES.get(COOKIE, "")
    return tokens.find(token, SESSION) if token else None
