"""Layout of all hosted pages: the frame around a form, notices, redirects, and the fields of a posted form."""

import html
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ..http.messages import Answer, Request
from .templates import NOTICE, PAGE

STYLE = (Path(__file__).parent / "page.css").read_bytes()


def style_sheet() -> Answer:
    return Answer(200, STYLE, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=3600"})


def fields(request: Request) -> dict[str, str]:
    given = parse_qs(request.body.decode(errors="replace"), keep_blank_values=True)
    return {name: values[-1].strip() for name, values in given.items()}


def redirect(url: str) -> Answer:
    return Answer(303, b"", {"Location": url, "Cache-Control": "no-store"})


def notice(prefix: str, status: int, title: str, words: str, onward: str | None = None) -> Answer:
    link = f'<p><a href="{html.escape(onward)}">Back to the site</a></p>' if onward else ""
    return page(prefix, title, NOTICE.format(title=title, words=words, link=link), None, status)


def error_alert(error: str | None) -> str:
    return f'<p id="error" class="error" role="alert">{html.escape(error)}</p>' if error else ""


def page(prefix: str, title: str, body: str, site: str | None, status: int = 200) -> Answer:
    """The whole page. Its CSP names the origin of `site`: browsers check a form's redirects against form-action."""
    onward = ""
    if site is not None:
        parts = urlsplit(site)
        onward = f" {parts.scheme}://{parts.netloc}"
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self'{onward}; base-uri 'none'; frame-ancestors 'none'"
    )
    text = PAGE.format(title=html.escape(title), style=f"{prefix}/c/page.css", body=body)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(status, text.encode(), headers)
