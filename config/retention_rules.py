"""Retention rules: what is deleted, in words and by which function, each after its days in config/retention_days.py."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from awareness import correspondence
from donations import privacy
from donations.campaigns import funnel
from donations.card_testing import tries
from donations.gift_aid import declarations
from donations.giving import batches
from donations.letters import dedications
from foundation.access import ratelimit, tokens
from foundation.jobs import queue
from foundation.letters import retention as letters
from foundation.organisation import retention_periods
from pledges import pledging
from supporters import subscribing


class Rule(NamedTuple):
    """One retention rule: its name in retention_days, its words for readers, `forget(dry)`, which returns a count."""

    name: str
    words: Any
    forget: Callable[[bool], int]


RULES = (
    Rule("unconfirmed", _("A signature that nobody confirmed by the letter: all that was typed"), pledging.forget),
    Rule("unconfirmed", _("A request for letters that nobody confirmed: the address"), subscribing.forget),
    Rule("unpaid", _("A gift that was begun and never came: name, company, address and dedication"), privacy.unpaid),
    Rule(
        "letters",
        _(
            "What a letter from us said, after it was sent. Where anybody could have typed your address, as for a "
            "signature, also that it went to you"
        ),
        letters.old_words,
    ),
    Rule(
        "withdrawn",
        _("A signature that was taken back: name, address and country; the number stays"),
        pledging.forget_withdrawn,
    ),
    Rule(
        "cards",
        _("The card of a dedicated gift, after it was sent: where it went, what it said"),
        dedications.forget,
    ),
    Rule("drafts", _("Cheques that were typed and not booked: who gave them"), batches.forget),
    Rule(
        "events",
        _("What Stripe tells us of a payment, with names. Its number stays"),
        privacy.old_events,
    ),
    Rule(
        "declarations",
        _("A Gift Aid declaration that covers no further gift, after the last claim with it: name and home"),
        declarations.forget,
    ),
    Rule("messages", _("What you write to us and what we answer, after the last word"), correspondence.forget),
    Rule(
        "tries",
        _(
            "Codes made from your network address, your mailbox and a card, against thieves who try stolen cards; and "
            "the address of your payment page at Stripe"
        ),
        tries.forget,
    ),
    Rule(
        "tries",
        _("Codes made from your network address or your mailbox, so that nobody asks too often"),
        ratelimit.sweep,
    ),
    Rule("links", _("That a link was mailed, after it ended. The link itself is never kept"), tokens.sweep),
    Rule("views", _("How often a campaign’s page was opened on a day: a number, and nothing of who"), funnel.forget),
    Rule("jobs", _("That a task of the server is done"), queue.delete_finished),
)

# Data without a fixed retention period: (what it is, until when).
LASTING = (
    (_("A gift that came, its receipts and our books"), _("as long as tax law asks for them")),
    (
        _("Your first name on a campaign’s page, if you chose that with your gift"),
        _("until you take it off on My page, or the gift goes back"),
    ),
    (_("A Gift Aid declaration for gifts to come"), _("until you cancel it")),
    (_("Your name, address and country, if you give, sign or get letters"), _("until you ask us to forget you")),
    (
        _("What you agreed to, in which words and when"),
        _("as proof; without your name once you are forgotten"),
    ),
    (_("Which newsletters were sent to you"), _("until you ask us to forget you")),
    (_("A signature that counts"), _("until you take it back")),
    (_("Which member of staff did what in the panel"), _("as long as the site stands")),
)


def run(dry: bool = False) -> list[tuple[Rule, int]]:
    """Apply every retention rule, daily, or with `dry` only count. Returns how many rows of each."""
    return [(rule, rule.forget(dry)) for rule in RULES]


def for_readers() -> list[tuple[Any, Any]]:
    """Return (what is kept, how long) of each rule, for the privacy page."""
    return [*((rule.words, retention_periods.said(retention_periods.days(rule.name))) for rule in RULES), *LASTING]
