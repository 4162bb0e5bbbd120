"""Pages with a form, kept as finished bytes with holes: what is another for each reader is put in when they ask.

Such a page is the same for everybody who comes without a cookie but the token of forms, except for that token, the time
at which it was shown, and the id of a new gift. It is made for nobody, at most every ten seconds and at once after
something was published, and what belongs to a reader is filled in by the same functions that a view calls. Whoever has
another cookie (a gift begun, My page, staff) or asks for something by the address gets the page from its view, and so
does everybody while the database is down: a form that cannot be sent is no use. Which pages these are, and what is
special about one of them: form_kinds.py. See docs/page-store.md.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.middleware.csrf import CsrfViewMiddleware, get_token

from config import form_kinds, page_front
from config.form_kinds import UNMARKED, Kind, Seen
from donations.giving import browser_cookie, gifts
from foundation.access import antispam
from foundation.access.templatetags.access import name_until_left
from foundation.page_store.front import FRESH, LONGEST_PATH, STALE, Answer, Application, Environ, Start, request_for
from foundation.page_store.generation import Watch
from foundation.page_store.pages import Headers
from foundation.page_store.store import Key

MOST = 500  # pages that are kept, or known to be none: about 30 KB each
TOKEN, OPENED, ATTEMPT = "csrfmiddlewaretoken", "opened", "attempt"
FILLED = {settings.CSRF_COOKIE_NAME, browser_cookie.NAME}  # cookies that are set anew for each reader


class FormPage(NamedTuple):
    """A page with holes. `parts`: bytes between them. `holes`: names of what comes between each two parts. `mark`: as
    its kind's was before it was made. `seen`: who hears of each reader.
    """

    generation: str
    made: float
    headers: Headers
    parts: list[bytes]
    holes: list[str]
    mark: int = UNMARKED
    seen: Seen | None = None


class FormPages:
    """Answer a form's page without asking the application, where it is the same for whoever asks. `hosts` are the names
    under which pages are kept, `kind_of` says by the path which may have a form, and what is special about it.
    """

    def __init__(
        self,
        application: Application,
        watch: Watch,
        hosts: Iterable[str],
        kind_of: Callable[[str], Kind | None],
        proxied: bool = False,
    ) -> None:
        self.application, self.watch, self.kind_of = application, watch, kind_of
        self.hosts, self.proxied = frozenset(hosts), proxied
        self.pages: dict[Key, FormPage | str] = {}  # or the generation in which it was none
        self.making: set[Key] = set()
        self.lock = threading.Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if (
            environ["REQUEST_METHOD"] not in ("GET", "HEAD")
            or environ.get("QUERY_STRING")
            or environ.get("SCRIPT_NAME")
        ):
            return self.application(environ, start)
        cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
        if not cookies.keys() <= {settings.CSRF_COOKIE_NAME} or environ.get("CONTENT_LENGTH") not in (None, "", "0"):
            return self.application(environ, start)
        host, path = environ.get("HTTP_HOST", ""), environ["PATH_INFO"]
        kind = self.kind_of(path) if host in self.hosts and len(path) <= LONGEST_PATH else None
        if kind is None:
            return self.application(environ, start)
        self.watch.start()
        found = self._page(Key(_scheme(environ, self.proxied), host, path, ""), kind)
        if found is None:
            return self.application(environ, start)
        if isinstance(found, Answer):
            start(found.status, found.headers)
            body = found.body
        else:
            seen = found.seen
            if seen and not self.watch.asks(lambda: (seen(WSGIRequest(environ)), True)):
                return self.application(environ, start)  # which counts its readers itself
            body, headers = filled(found, cookies)
            start("200 OK", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _page(self, key: Key, kind: Kind) -> FormPage | Answer | None:
        """The page; what was answered where it is no form's, to whoever found that out; None: ask the application.
        Nobody waits here: while one makes the page the others get that of before, else what they would without us.
        """
        found, generation = self.pages.get(key), self.watch.generation
        if not generation or self.watch.is_down() or found == generation:
            return None
        mark = self.watch.asks(kind.mark) if kind.mark else UNMARKED
        if mark is None:
            return None
        page = found if isinstance(found, FormPage) and (found.generation, found.mark) == (generation, mark) else None
        age = time.time() - page.made if page else FRESH
        if 0 <= age < FRESH:
            return page
        with self.lock:
            if key in self.making:
                return page if age < STALE else None
            self.making.add(key)
        try:
            return self._make(key, kind, generation, mark)
        finally:
            with self.lock:
                self.making.discard(key)

    def _make(self, key: Key, kind: Kind, generation: str, mark: int) -> FormPage | Answer | None:
        """Ask the application, with nothing of whoever asks for it. None: it answered with a cookie of its own."""
        secret, moment = _new_secret(), time.time()
        cookie = {"HTTP_COOKIE": f"{settings.CSRF_COOKIE_NAME}={secret}"}
        answer = Answer(self.application, request_for(key) | cookie)
        made = cut(answer, secret, generation, moment, kind.token)
        seen = self.watch.asks(partial(kind.seen, key.path)) if made and kind.seen else None
        if made:
            made = None if kind.seen and not seen else made._replace(mark=mark, seen=seen)
        with self.lock:
            if len(self.pages) >= MOST:
                kept = [(each, page) for each, page in self.pages.items() if isinstance(page, FormPage)]
                self.pages = dict(kept) if len(kept) < MOST else {}
            if made:
                self.pages[key] = made
            elif answer.status.startswith("200"):
                self.pages[key] = generation
            else:
                self.pages.pop(key, None)
        return made or (None if _cookies(answer.headers) else answer)


def cut(answer: Answer, secret: str, generation: str, moment: float, token: bool = True) -> FormPage | None:
    """Cut the holes into a page that was made with this secret of forms. None: it has no form for everybody. `token`:
    whether that form has a token; one that asks by GET has none.
    """
    if not answer.status.startswith("200") or not _cookies(answer.headers) <= FILLED:
        return None
    told = {name.lower(): value for name, value in answer.headers}
    if "'nonce-" in told.get("content-security-policy", "") or "content-encoding" in told:
        return None
    holes, parts, end = [], [], 0
    for hole, begins, ends in _holes(answer.body, name_until_left(secret).encode()):
        holes.append(hole)
        parts.append(answer.body[end:begins])
        end = ends
    if (TOKEN in holes) != token or (browser_cookie.NAME in _cookies(answer.headers)) != (ATTEMPT in holes):
        return None
    headers = [each for each in answer.headers if each[0].lower() not in ("set-cookie", "content-length")]
    return FormPage(generation, moment, headers, [*parts, answer.body[end:]], holes)


def filled(page: FormPage, cookies: dict[str, str]) -> tuple[bytes, Headers]:
    """Body and headers for one reader: the token as Django makes and keeps it, now, and the id of a gift."""
    if not page.holes:
        return page.parts[0], [*page.headers, ("Content-Length", str(len(page.parts[0])))]
    request, response = HttpRequest(), HttpResponse()
    request.COOKIES = cookies
    middleware = CsrfViewMiddleware(lambda request: response)
    middleware.process_request(request)
    values = {TOKEN: get_token(request)}
    values["left"] = name_until_left(request.META["CSRF_COOKIE"])
    if OPENED in page.holes:
        values[OPENED] = antispam.stamp()
    if ATTEMPT in page.holes:
        attempt = gifts.new_attempt()
        values[ATTEMPT] = gifts.stamped(attempt)
        browser_cookie.hold(response, request, attempt)
    middleware.process_response(request, response)
    parts = [page.parts[0]]
    for hole, part in zip(page.holes, page.parts[1:], strict=True):
        parts += [values[hole].encode(), part]
    body = b"".join(parts)
    set_cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
    return body, [*page.headers, ("Content-Length", str(len(body))), *set_cookies]


def forms(application: Application, watch: Watch) -> FormPages:
    """The application behind these pages, for config/wsgi.py."""
    return FormPages(application, watch, page_front.hosts(), form_kinds.of, proxied=bool(settings.TRUSTED_PROXIES))


def _holes(body: bytes, left: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, begin and end of each hole. Our templates and Django's widgets write these elements so, and no other."""
    names = "|".join((TOKEN, OPENED, ATTEMPT)).encode()
    for found in re.finditer(
        rb'<input type="hidden" name="(' + names + rb')" value="([^"<>]*)"|name="(' + left + rb')"', body
    ):
        yield (found[1].decode(), *found.span(2)) if found[1] else ("left", *found.span(3))


def _cookies(headers: Headers) -> set[str]:
    found: set[str] = set()
    for name, value in headers:
        if name.lower() == "set-cookie":
            try:
                found |= SimpleCookie(value).keys()
            except CookieError:
                found.add(value)
    return found


def _new_secret() -> str:
    request = HttpRequest()
    get_token(request)
    return str(request.META["CSRF_COOKIE"])


def _scheme(environ: Environ, proxied: bool) -> str:
    """As the page store has it."""
    if proxied and environ.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip() == "https":
        return "https"
    return str(environ["wsgi.url_scheme"])
