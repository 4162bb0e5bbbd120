"""Headers of a letter beside its subject: names that stay the same at each try, and that tell a watcher nothing."""

from email.utils import parseaddr

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

from foundation.letters.models import Letter
from foundation.organisation.models import Organisation

BY_HAND = ("answer",)  # a person wrote it: mail programs may answer for somebody on leave


def of(letter: Letter, sender: str) -> dict[str, str]:
    """The headers of a letter that comes from the address `sender`, or from the server's own where that is empty."""
    name = mark(letter.key)
    domain = punycode(parseaddr(sender or settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2])
    headers = {"X-Letter": name, "Message-ID": f"<{name}@{domain}>"}
    if letter.template not in BY_HAND:
        headers["Auto-Submitted"] = "auto-generated"
    return headers | _way_out(letter)


def sender(organisation: Organisation) -> str:
    """From whom letters come: our name, and the address that staff entered, else the server's."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if organisation.letters_from:
        name, address = "", organisation.letters_from
    return f"{_quoted(name or organisation.name)} <{address}>"


def answers_to(organisation: Organisation) -> list[str]:
    """Where answers go, as letters promise: to the mailbox that people read, where it is another one."""
    address = parseaddr(sender(organisation))[1]
    return [organisation.email] if organisation.email and organisation.email != address else []


def _quoted(name: str) -> str:
    """As a display name: whatever stands in it, it is no part of an address. Letters of any script stay letters."""
    name = " ".join(name.split())
    return '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'


def mark(key: str) -> str:
    """What a letter of that key is called outside: 32 hexadecimal digits, of which nobody learns the key. Keys hold
    references and ids, and mailboxes are watched and mails passed on.
    """
    return salted_hmac("foundation.letters.headers", key, algorithm="sha256").hexdigest()[:32]


def _way_out(letter: Letter) -> dict[str, str]:
    """List-Unsubscribe headers (RFC 8058): the mail program itself offers to stop letters that nobody must get."""
    if not letter.stop_url:
        return {}
    return {"List-Unsubscribe": f"<{letter.stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
