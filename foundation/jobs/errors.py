"""Error texts that staff may read: without the addresses that a mail server or database repeats."""

import re

MAILBOX = re.compile(r"[^\s@<>(),;:=]*@[^\s@<>(),;:=]+")
LONGEST = 2000


def said(error: Exception | str) -> str:
    """Return the kind of the error and its words; of an e-mail address only that one stood there."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return MAILBOX.sub("…@…", text)[:LONGEST]
