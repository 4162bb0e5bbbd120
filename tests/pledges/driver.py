"""Sign and confirm as a browser would: read the form, fill it, send it; open the letter, press the link."""

import re
import time
from html import unescape
from typing import TYPE_CHECKING

from django.core import signing
from django.test import Client

from foundation.access import antispam
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter

if TYPE_CHECKING:
    from tests.answers import Answer

ADA = {"name": "Ada Example", "email": "ada@example.org", "country": "GB", "age": "on"}
HIDDEN = re.compile(r'<input type="hidden" name="([\w]+)" value="([^"]*)"')
LINK = re.compile(r"http://\S+?(/pledge/confirm/\S+/)")


def hidden_fields(client: Client, path: str = "/pledge/") -> dict[str, str]:
    """The form's hidden fields, as if the page had been open for a while."""
    page = client.get(path)
    fields = {name: unescape(value) for name, value in HIDDEN.findall(page.content.decode())}
    fields["opened"] = opened(ago=30)
    return fields


def opened(ago: float) -> str:
    """What the form's signed time says when it was shown so many seconds ago."""
    return signing.dumps(time.time() - ago, salt=antispam.SALT)


def sign(client: Client, path: str = "/pledge/", **typed: str) -> "Answer":
    """Fill the form and send it. An empty value leaves a box unticked."""
    data = {**hidden_fields(client, path), **ADA, **typed}
    return client.post(path, {name: value for name, value in data.items() if value})


def letters(to: str = "ada@example.org") -> list[Letter]:
    """The letters that have been written to that address, oldest first."""
    run_due()
    return list(Letter.objects.filter(to=to).order_by("id"))


def link(letter: Letter) -> str:
    """The path behind the letter's link."""
    found = LINK.search(letter.text)
    assert found, letter.text
    return found[1]


def confirm(client: Client, to: str = "ada@example.org") -> "Answer":
    """Open the newest letter, press its link and the button, and go where that leads."""
    return client.post(link(letters(to)[-1]), follow=True)
