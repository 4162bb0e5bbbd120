"""Messages for people who wait for a page when a call to Stripe failed."""

from django.utils.translation import gettext as _

from donations.stripe import troubles
from donations.stripe.errors import FullError, KeyRefusedError, StripeIsDownError, StripeRefusedError, TooOftenError
from foundation.organisation import clone_guard

Trouble = StripeIsDownError | StripeRefusedError | clone_guard.WrongSiteError


def say(error: Trouble, doing: str, nothing: str) -> str:
    """Return what happened and what to do, in words for the visitor. What the site cannot mend is told to staff.

    `doing`: which kind of call, in a word of ours. `nothing`: the sentence that nothing was charged, or changed.
    """
    if isinstance(error, TooOftenError):
        why, then = _("You have asked for this many times in a row."), _("Please wait ten minutes.")
    elif isinstance(error, FullError):
        why, then = _("Very many people are on their way to Stripe."), _("Please try again in a minute.")
    elif isinstance(error, KeyRefusedError | StripeRefusedError):
        troubles.refused(error, doing)
        why = _("Stripe refuses what our site asks of it. This is our fault, not yours, and we have been told.")
        then = _("Please try again tomorrow, or write to us.")
        if isinstance(error, StripeRefusedError) and error.is_about_the_amount:
            why, then = _("Stripe does not take this amount."), _("Please try another amount.")
    elif isinstance(error, StripeIsDownError) and error.may_be_done:
        why = _("Stripe has not answered.")
        nothing = _("We do not know yet whether it was done; this page shows it as soon as we do.")
        then = _("You may press once more: nothing is done twice.")
    elif isinstance(error, StripeIsDownError):
        why, then = _("We cannot reach Stripe just now."), _("Please try again in a minute.")
    else:
        why, then = _("This copy of the site does not take gifts."), ""
    return " ".join(filter(None, [why, nothing, then]))
