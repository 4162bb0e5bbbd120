"""How many letters one mailbox may get because somebody typed its address into a form of ours."""

from foundation.doors import limits
from supporters.addresses import canonical

LETTERS = 3
DAY = 24 * 3600  # seconds


def may_write(email: str) -> bool:
    """Take one of the mailbox's letters, across all forms: three at once, then one a day, so that no 24 hours
    bring more than three. False: it had them. One look for every mailbox, so that its time tells nothing.

    Receipts and other letters that follow from a fact do not ask here.
    """
    return limits.allow("letter", canonical(email), LETTERS, LETTERS * DAY)
