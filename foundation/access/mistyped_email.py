"""Mistyped e-mail address: its host is one typing mistake away from one that most people have. Did they mean that?

A suggestion, never a refusal: the host may be real. static/js/site.js says the same while somebody types.
"""

# Hosts of many mailboxes. Short ones are in it so that they are not taken for mistyped others; nothing is near them.
HOSTS = (
    *("gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "yahoo.es", "hotmail.com", "hotmail.co.uk"),
    *(
        "hotmail.es",
        "outlook.com",
        "outlook.es",
        "icloud.com",
        "live.com",
        "comcast.net",
        "verizon.net",
        "sbcglobal.net",
    ),
    *("bellsouth.net", "protonmail.com", "proton.me", "fastmail.com", "aol.com", "att.net", "msn.com", "me.com"),
    *("mac.com", "mail.com", "ymail.com", "email.com", "gmx.com", "gmx.net", "gmx.de", "web.de", "cox.net", "hey.com"),
)
SHORTEST = 8  # characters of a host in which a mistake can be told


def meant(email: str) -> str:
    """The address with the host that was perhaps meant; empty when nothing is near, or it is one of them already."""
    local, at, host = email.strip().lower().rpartition("@")
    if not at or not local or host in HOSTS:
        return ""
    near = next((each for each in HOSTS if len(each) >= SHORTEST and _one_edit_apart(host, each)), "")
    return f"{email.strip().rpartition('@')[0]}@{near}" if near else ""


def _one_edit_apart(typed: str, right: str) -> bool:
    """Whether there is one typing mistake: one letter too many, too few or another one, or two that changed places."""
    start = 0
    while start < min(len(typed), len(right)) and typed[start] == right[start]:
        start += 1
    rest, good = typed[start:], right[start:]
    swapped = rest[1:2] + rest[:1] + rest[2:] == good and len(rest) > 1
    return rest[1:] == good or rest == good[1:] or rest[1:] == good[1:] or swapped
