"""How many letters one mailbox may get because somebody typed its address into a form of ours."""

from foundation.doors import limits
from supporters.addresses import canonical

LETTERS = 3
DAY = 24 * 3600  # seconds


def may_write(email: str) -> bool:
    """Take one of the mailbox's three letters of any 24 hours, across all forms. False: it had them.

    Three buckets that hold one token each, and not one of three: that one refills while it is emptied, and
    would give five in a day. Receipts and other letters that follow from a fact do not ask here.
    """
    mailbox = canonical(email)
    return any(limits.allow(f"letter-{slot}", mailbox, 1, DAY) for slot in range(LETTERS))
