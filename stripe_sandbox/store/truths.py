"""Behaviours that are known from memory: each is a switch with every answer that Stripe may give.

The first answer is how books begin, unless the process was started with `--truth NAME=ANSWER`.
"""

from .books import Books

# By switch, each answer and what it does.
TRUTHS: dict[str, dict[str, str]] = {
    "refund_events": {
        "both": "a refund that fails sends refund.updated, charge.refund.updated, refund.failed; a cancelled one two",
        "failed": "a refund that fails sends refund.failed alone; a cancelled one refund.updated alone",
        "updated": "a refund that fails or is cancelled sends refund.updated and charge.refund.updated",
    },
    "refund_count": {
        "down": "amount_refunded of the charge goes down again, without an event of the charge",
        "told": "it goes down again, and charge.updated says so",
        "stays": "it stays as it was; what can be refunded still goes up again",
    },
    "debit_return": {
        "failed": "a debit that is taken back sends charge.failed and payment_intent.payment_failed",
        "updated": "it sends charge.updated alone, and the payment intent stays as it was",
    },
    "void_pause": {
        "finalized": "a month of a void pause sends invoice.created, invoice.finalized and invoice.voided",
        "created": "it sends invoice.created alone; the invoice is void and never had a number",
    },
    "portal_card": {
        "all": "a card given in the portal becomes the customer's and that of each subscription with one of its own",
        "customer": "it becomes the customer's alone",
        "subscriptions": "it becomes the subscriptions' alone",
    },
    "portal_pause": {
        "real": "the portal's pause makes the subscription paused",
        "collection": "it voids the months to come (pause_collection); the subscription stays active",
    },
}
NOTE = "truths"


def check(asked: dict[str, str]) -> dict[str, str]:
    """Return the answers as they are. Raises ValueError with a sentence for a switch or an answer that is not there."""
    for name, answer in asked.items():
        if name not in TRUTHS:
            raise ValueError(f"there is no switch {name}: {', '.join(TRUTHS)}")
        if answer not in TRUTHS[name]:
            raise ValueError(f"{name} is {', '.join(TRUTHS[name])}, not {answer!r}")
    return asked


def read(words: list[str]) -> dict[str, str]:
    """Read `NAME=ANSWER` of the command line."""
    return check({name: answer for name, _, answer in (word.partition("=") for word in words)})


def choose(books: Books, asked: dict[str, str]) -> dict[str, str]:
    """Set answers for these books; returns all that hold now."""
    books.keep_note(NOTE, {**books.note(NOTE), **check(asked)})
    return now(books)


def now(books: Books) -> dict[str, str]:
    begun = {name: next(iter(answers)) for name, answers in TRUTHS.items()}
    return {**begun, **books.truths, **books.note(NOTE)}


def answer(books: Books, name: str) -> str:
    return now(books)[name]
