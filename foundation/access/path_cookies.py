"""Cookies for one page in each of its languages: /give/ and /es/give/ are two paths, and one browser."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation


def write(answer: HttpResponse, name: str, page: str, value: str, but: str = "", **how: Any) -> None:
    """Set the cookie for the page of that URL name and all below it, in each language, `but` for the path of one. `how`
    is as in `set_cookie`.
    """
    for path in _paths(page, but):
        scratch = HttpResponse()
        scratch.set_cookie(name, value, path=path, **how)
        _append(answer, scratch, name, path)


def expire(answer: HttpResponse, name: str, page: str, but: str = "") -> None:
    """Delete the cookie of that page, in each language, `but` for the path of one."""
    for path in _paths(page, but):
        scratch = HttpResponse()
        scratch.delete_cookie(name, path=path, samesite="Lax")
        _append(answer, scratch, name, path)


def _append(answer: HttpResponse, scratch: HttpResponse, name: str, path: str) -> None:
    """Add one more Set-Cookie header: a Django response by itself holds one cookie of each name."""
    answer.cookies[f"{name} {path}"] = scratch.cookies[name]


def _paths(page: str, but: str) -> list[str]:
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(reverse(page))
    return [path for path in found if path != but]
