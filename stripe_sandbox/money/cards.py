"""Stripe's test cards: what each number does. A number is read once and never stored."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """A decline: error code, decline code (or None) and the message the donor reads."""

    code: str
    decline_code: str | None
    words: str


GENERIC = Decline("card_declined", "generic_decline", "Your card has been declined.")
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card.",
)
WRONG_NUMBER = Decline("incorrect_number", None, "Your card number is incorrect.")

DECLINES = {
    "4000000000000002": GENERIC,
    "4000000000009995": Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000009987": Decline("card_declined", "lost_card", "Your card has been declined."),
    "4000000000009979": Decline("card_declined", "stolen_card", "Your card has been declined."),
    "4000000000000069": Decline("expired_card", None, "Your card has expired."),
    "4000000000000127": Decline("incorrect_cvc", None, "Your card's security code is incorrect."),
    "4000000000000119": Decline(
        "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
    ),
    "4000000000006975": Decline(
        "card_declined", "card_velocity_exceeded", "Your card has been declined for exceeding its limit."
    ),
    "4000000000004954": Decline("card_declined", "fraudulent", "Your card has been declined."),
    "4100000000000019": Decline("card_declined", "fraudulent", "Your card has been declined."),
}
ASKS_BANK = Decline("authentication_required", "authentication_required", "Your card needs to be authenticated.")
CONFIRM_ALWAYS = frozenset({"4000002760003184", "4000000000003220"})
CONFIRM_ONCE = frozenset({"4000002500003155"})
FAILS_LATER = frozenset({"4000000000000341"})
# The charge succeeds; the dispute, refund failure or fraud warning comes afterwards.
TROUBLE = {
    "4000000000000259": "dispute_fraudulent",
    "4000000000002685": "dispute_product_not_received",
    "4000000000001976": "inquiry",
    "4000000000005423": "fraud_warning",
    "4000000000007726": "refund_pending",
    "4000000000005126": "refund_fails",
}
GOOD = {
    "4242424242424242": "visa",
    "4000056655665556": "visa",
    "5555555555554444": "mastercard",
    "2223003122003222": "mastercard",
    "378282246310005": "amex",
    "6011111111111117": "discover",
    "3566002020360505": "jcb",
    "4000008260000000": "visa",
    "4000000000000077": "visa",
}


@dataclass(frozen=True)
class Card:
    """The stored part of a card: enough to show it and to know how it behaves, never its number."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    country: str
    fingerprint: str
    behaviour: str  # "good", "declined", "confirm", "confirm_once", "fails_later" or one of TROUBLE
    decline: Decline | None = None


def luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def read(number: str, exp_month: int, exp_year: int) -> Card | None:
    """Look up a card number; None when no card can have this number."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19 and luhn(number)):
        return None
    behaviour, decline = "good", DECLINES.get(number)
    if decline:
        behaviour = "declined"
    elif number in CONFIRM_ALWAYS:
        behaviour = "confirm"
    elif number in CONFIRM_ONCE:
        behaviour = "confirm_once"
    elif number in FAILS_LATER:
        behaviour = "fails_later"
    elif number in TROUBLE:
        behaviour = TROUBLE[number]
    elif number not in GOOD:
        behaviour, decline = "declined", NOT_A_TEST_CARD
    return Card(
        brand=GOOD.get(number, "visa"),
        last4=number[-4:],
        exp_month=exp_month,
        exp_year=exp_year,
        country="US",
        fingerprint=_fingerprint(number) if decline is not NOT_A_TEST_CARD else "",
        behaviour=behaviour,
        decline=decline,
    )


def _fingerprint(number: str) -> str:
    """The same test card has the same fingerprint. Only published test numbers come here: it gives nothing away."""
    return hashlib.sha256(b"stripe_sandbox:" + number.encode()).hexdigest()[:16]
