"""How a donor may pay on Stripe's page, in one sentence: only what the account has and the currency fits."""

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from donations.stripe import payment_methods

# By Stripe's names, in the order in which they are named; each takes single and repeated gifts in every currency.
ANYWHERE = {
    "card": gettext_lazy("a card"),
    "apple_pay": "Apple Pay",
    "google_pay": "Google Pay",
    "link": "Link",
}
# The bank debit of a currency.
DEBITS = {
    "USD": "us_bank_account",
    "CAD": "acss_debit",
    "EUR": "sepa_debit",
    "GBP": "bacs_debit",
    "AUD": "au_becs_debit",
}


def sentence(code: str) -> str:
    """Return the sentence for a form in this currency; empty where nothing is known of the account."""
    offered = payment_methods.offered()
    names = [str(name) for method, name in ANYWHERE.items() if method in offered]
    if DEBITS.get(code) in offered:
        names.append(_("a bank debit"))
    if not names:
        return ""
    if len(names) == 1:
        return _("There you can pay with %(way)s.") % {"way": names[0]}
    ways = get_text_list(names)  # Django's own "or"
    return _("There you can pay with %(ways)s, whichever your device and your bank offer.") % {"ways": ways}
