"""People at a site, by HTTP: each with a browser's cookies and a network address of their own."""

import itertools
import re
import time
from collections.abc import Callable
from html import unescape

import requests
from django.core import signing

from benchmarks.ground import insist
from foundation.access import antispam

PATIENCE = 300  # seconds
_numbers = itertools.count(1)


class Person:
    """Somebody new. Forms that they send lay open for half a minute."""

    def __init__(self, port: int) -> None:
        self.number, self.site = next(_numbers), f"http://localhost:{port}"
        self.browser = requests.Session()
        self.browser.headers["X-Forwarded-For"] = f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.1"
        self.form: dict[str, str] = {}

    def open(self, path: str) -> "Person":
        """Read a page, and keep what its form holds."""
        deadline = time.monotonic() + PATIENCE
        answer = self.browser.get(self.site + path, timeout=PATIENCE)
        while answer.status_code == 503 and time.monotonic() < deadline:  # people come again
            time.sleep(1)
            answer = self.browser.get(self.site + path, timeout=PATIENCE)
        insist(answer.status_code == 200, f"{path} answered {answer.status_code}.")
        hidden = re.findall(r'<input type="hidden" name="(\w+)"[^>]* value="([^"]*)"', answer.text)
        self.form = {name: unescape(value) for name, value in hidden}
        return self

    def insist(self, press: Callable[[], int]) -> int:
        """Press again as long as the site says that very much comes at once. Returns the last status."""
        deadline = time.monotonic() + PATIENCE
        while (status := press()) == 503 and time.monotonic() < deadline:
            time.sleep(1)
        return status

    def sign(self) -> int:
        """Sign the pledge, whose page is open. Returns the status: 302 is done."""
        return self._send("/pledge/", {"name": f"Signer {self.number}", "age": "on", "country": "US"})

    def give(self) -> int:
        """Begin a gift, on the giving page, which is open. Returns the status: 303 leads to Stripe."""
        return self._send("/give/", {"frequency": "once", "amount_once": "other", "other": "25"})

    def _send(self, path: str, typed: dict[str, str]) -> int:
        opened = signing.dumps(time.time() - 30, salt=antispam.SALT)
        fields = self.form | typed | {"email": f"person{self.number}@bench.example", "opened": opened}
        answer = self.browser.post(self.site + path, fields, timeout=PATIENCE, allow_redirects=False)
        return answer.status_code
