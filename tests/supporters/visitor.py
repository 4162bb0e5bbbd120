"""How a supporter comes in: asks for a link, reads the letter, presses the button."""

import re
import time

from django.core import signing
from django.test import Client

from foundation.access import antispam
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter


def ask(client: Client, email: str):
    opened = signing.dumps(time.time() - 30, salt=antispam.SALT)
    return client.post("/my/", {"email": email, "opened": opened})


def links_to(email: str) -> list[str]:
    """The addresses mailed to somebody, the oldest first."""
    letters = Letter.objects.filter(template="my_link", to=email).order_by("id")
    return [re.search(r"/my/enter/[^/\s]+/", letter.text).group() for letter in letters]


def come_in(email: str) -> Client:
    client = Client()
    assert ask(client, email).status_code == 302
    run_due()
    assert client.post(links_to(email)[-1]).status_code == 302
    return client
