"""Faults put into the site's processes before they start, so that a test can see that a drill finds them.

As in failpoints.py the site has no switch for it: only a drill's own door reads PLANT.
"""

import os
from collections.abc import Callable

from donations.card_testing import challenge_policy
from donations.letters import gift_letters
from donations.letters.outcomes import Booked
from donations.sync import refunds
from foundation.letters import outbox


def no_limit_of_pages() -> None:
    challenge_policy.require_proof = lambda *_: None


def refund_is_ignored() -> None:
    refunds.refund = lambda fact: Booked()


def letter_is_lost() -> None:
    """The receipt is written, and nobody is told."""
    gift_letters.receipt = lambda document: None


def letter_goes_twice() -> None:
    real = outbox._message

    def twice(letter, attachment):
        real(letter, attachment).send()
        return real(letter, attachment)

    outbox._message = twice


FAULTS: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (no_limit_of_pages, refund_is_ignored, letter_is_lost, letter_goes_twice)
}


def plant() -> None:
    if name := os.environ.get("PLANT"):
        FAULTS[name]()
