"""A visitor without a browser: reads pages over real HTTP, fills forms as they are, follows where they lead."""

import re
import time
from typing import Any
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page

from tests.browsers import follow
from tests.running import Site, own_connection
from tests.waiting import PATIENCE

AGAIN = "[data-again]"  # templates/partials/press.html


class Visitor:
    """One person with one set of cookies. Sends the Referer and Origin that a browser would, by the page's own
    Referrer-Policy, so that a policy which breaks the forms is noticed.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.headers.update(own_connection())
        self.answer: requests.Response | None = None

    @property
    def page(self) -> BeautifulSoup:
        assert self.answer is not None
        return BeautifulSoup(self.answer.text, "html.parser")

    @property
    def words(self) -> str:
        return " ".join(self.page.get_text(" ").split())

    def open(self, address: str) -> "Visitor":
        self.answer = self.session.get(urljoin(self.site.url, address), timeout=60)
        return self

    def submit(self, where: str = "main form", **fields: Any) -> "Visitor":
        """Fill the form as a person would and send it; again where a mailed button asks for one more press."""
        deadline = time.monotonic() + PATIENCE
        self._send(where, fields)
        while self.page.select_one(AGAIN):
            assert time.monotonic() < deadline, "the page never believed that this is a person"
            self._send(where, fields)
        return self

    def _send(self, where: str, fields: dict[str, Any]) -> None:
        assert self.answer is not None
        form = self.page.select_one(where)
        assert form is not None, f"no form {where} on {self.answer.url}: {self.words[:600]}"
        values = {**_as_shown(form), **fields}
        values = {name: value for name, value in values.items() if value is not None}
        action = urljoin(self.answer.url, str(form.get("action") or self.answer.url))
        if str(form.get("method", "get")).lower() == "get":
            self.answer = self.session.get(action, params=values, timeout=60)
            return
        self.answer = self.session.post(action, data=values, headers=self._origin(), timeout=60)

    def _origin(self) -> dict[str, str]:
        assert self.answer is not None
        policy = self.answer.headers.get("Referrer-Policy", "")
        if policy == "no-referrer":
            return {"Origin": "null"}
        return {"Origin": self.site.url, "Referer": self.answer.url}

    def newest_letter(self, to: str, containing: str = "") -> str:
        """The text of the newest letter to somebody, as it can be read in the demonstration. Waits for the worker."""
        deadline = time.monotonic() + PATIENCE
        mailbox = re.search(r"http://\S+/demo/letters/\S+", self.site.printed())
        assert mailbox
        seen = ""
        while time.monotonic() < deadline:
            html = requests.get(mailbox[0], timeout=60).text
            rows = BeautifulSoup(html, "html.parser").select("main li") if html != seen else []
            seen = html
            for row in rows:
                if to not in row.get_text() or not (link := row.find("a")):
                    continue
                letter = BeautifulSoup(
                    requests.get(urljoin(mailbox[0], str(link["href"])), timeout=60).text, "html.parser"
                )
                text = letter.select_one("pre")
                if text and containing in text.get_text():
                    return text.get_text()
            time.sleep(0.2)  # polls another process; nothing is assumed about how long it takes
        raise AssertionError(f"no letter to {to} with “{containing}”")


def press(page: Page, button: str) -> None:
    """Send the form of a browser; again where a mailed button asks for one more press."""
    deadline = time.monotonic() + PATIENCE
    follow(page.locator(button).first)
    while page.locator(AGAIN).count():
        assert time.monotonic() < deadline, "the page never believed that this is a person"
        follow(page.locator(button).first)


def _as_shown(form: Tag) -> dict[str, str]:
    """What the form would send if nobody touched it."""
    values: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name, kind = str(field["name"]), str(field.get("type", "text"))
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            values[name] = str(chosen.get("value", "")) if chosen else ""
        elif field.name == "textarea":
            values[name] = field.get_text()
        elif kind in ("radio", "checkbox"):
            if field.has_attr("checked"):
                values[name] = str(field.get("value", "on"))
        elif kind != "submit":
            values[name] = str(field.get("value", ""))
    return values


def link_in(text: str, containing: str) -> str:
    """The first address in a letter that contains something."""
    return next(address for address in re.findall(r"https?://\S+", text) if containing in address)
