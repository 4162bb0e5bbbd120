"""Chromium for the tests: a real browser, on a desk and on a phone, with and without JavaScript."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests import lacking
from tests.running import own_connection
from tests.waiting import PATIENCE

# The same engine without a window of its own comes first: it needs a third of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)
INSTALL = "apt-get install chromium-headless-shell, or chromium; or CHROMIUM=/path/to/chromium"
# Without these, Chromium calls its maker's servers at every start.
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--no-sandbox"]
QUIET += ["--in-process-gpu"]  # it draws without one: no process needs to start for that, nor be talked to
QUIET += ["--disable-dev-shm-usage"]  # it crashes where /dev/shm is small, as in many containers
expect.set_options(timeout=PATIENCE * 1000)
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run. Without it: skipped, or failed where everything is required."""
    if CHROMIUM is None:
        lacking.skip(f"Chromium ({INSTALL})")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """open_page("phone", javascript=False) -> a page in a fresh profile that collects what went wrong:
    page.wrongs holds console errors, refusals of the content security policy, and foreign requests.
    """
    contexts: list[BrowserContext] = []
    pages: list[Page] = []

    def opener(size: str = "desktop", javascript: bool = True, **options: Any) -> Page:
        context = browser.new_context(
            viewport=SIZES[size],
            java_script_enabled=javascript,
            is_mobile=size == "phone",
            **{"extra_http_headers": own_connection(), **options},
        )
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = context.new_page()
        pages.append(page)
        wrongs: list[str] = []
        page.wrongs = wrongs  # type: ignore[attr-defined]
        page.on("console", lambda message: wrongs.append(_words(message)) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrongs.append(str(error)))
        page.on("request", lambda request: _note_foreign(page, request.url))
        return page

    opener.pages = pages  # type: ignore[attr-defined]
    yield opener
    for context in contexts:
        context.close()


def follow(what: Locator) -> None:
    """Click what leads to another page, and be there. A click alone returns while the old page still stands, or while
    none does: what is read or looked at then belongs to nobody.
    """
    with what.page.expect_navigation():
        what.click()


def _words(message: ConsoleMessage) -> str:
    """With the address, without which "failed to load" helps nobody."""
    return f"{message.text} {message.location['url']}".strip()


def _note_foreign(page: Page, url: str) -> None:
    if not url.startswith(("http://localhost", "http://127.0.0.1", "data:", "blob:")):
        page.wrongs.append(f"foreign request: {url}")  # type: ignore[attr-defined]
