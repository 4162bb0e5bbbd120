"""A stage for the scripts: pages at a made-up address in a real browser, served by this process."""

from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page, Route

ORIGIN = "http://localhost:9"
ELSEWHERE = "https://www.weather.gov/"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
POLICY = {"Content-Security-Policy": "default-src 'self'; form-action 'self'; base-uri 'none'"}


def show(page: Page, html: str, path: str = "/page/") -> None:
    """Open `html` at `path`, with the real static files, under the real policy against inline code."""

    def answer(route: Route) -> None:
        address = route.request.url.removeprefix(ORIGIN)
        if address.startswith(settings.STATIC_URL):
            file = settings.BASE_DIR / "static" / address.removeprefix(settings.STATIC_URL)
            route.fulfill(body=file.read_bytes(), content_type=KINDS[Path(file).suffix])
            return
        body = html if address == path else "<!doctype html><title>Start</title><h1>Start</h1>"
        route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=POLICY)

    page.route(f"{ORIGIN}/**", answer)
    page.route(
        f"{ELSEWHERE}**",
        lambda route: route.fulfill(body="<title>Weather</title><h1>Sunny</h1>", content_type="text/html"),
    )
    page.goto(f"{ORIGIN}/start/")
    page.goto(f"{ORIGIN}{path}")
