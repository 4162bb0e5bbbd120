"""Plain HTTP for the driver: one request, and what stands on a page of the sandbox.

An offline Stripe of this process (inside.py) is asked without a socket.
"""

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


Answered = tuple[int, Any, bytes]  # status, headers, body
INSIDE: dict[str, Callable[[str, str, bytes, dict[str, str]], Answered]] = {}  # by address, who answers here

_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def http(method: str, url: str | None, body: bytes | None = None, headers: dict[str, str] | None = None):
    """(status, headers, body) of one request; redirects are not followed, error statuses do not raise."""
    assert url, "the SDK knows sessions without an address; one that can be opened has it"
    if INSIDE and (answers := INSIDE.get(origin(url))):
        return answers(method, url, body or b"", headers or {})
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with _OPENER.open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read()


def origin(url: str) -> str:
    """Scheme, host and port."""
    return "/".join(url.split("/", 3)[:3])


def post(url: str, form: dict[str, str]):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return http("POST", url, urllib.parse.urlencode(form).encode(), headers)


def inputs(page: bytes) -> dict[str, str]:
    """The fields of the page with the values it shows."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page.decode()):
        attributes = dict(re.findall(r'([a-z_]+)="([^"]*)"', tag))
        if "name" in attributes:
            found[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return found


def words(page: bytes) -> str:
    """The page's error, or its heading."""
    text = page.decode()
    match = re.search(r'id="error"[^>]*>([^<]*)<', text) or re.search(r"<h1>([^<]*)<", text)
    return html.unescape(match[1]) if match else ""
