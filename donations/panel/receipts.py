"""The button of a receipt in the panel: send it to the donor, where they are now."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.letters import gift_letters
from donations.models import Receipt
from staff.action_views import NotDoneError
from staff.lists import Action
from supporters import letters_panel


def _send_receipt(document: Receipt, user: Any) -> str:
    """Books that were repaired mail nobody; here somebody decides to."""
    if gift_letters.receipt_by_hand(document) is None:
        raise NotDoneError(gettext("No letter was written: we have no e-mail address of this donor."))
    return gettext("The receipt is on its way to the donor.")


def _warning(document: Receipt) -> str:
    """Asked only where something is wrong with the mailbox: the receipt of a donor goes with one press."""
    wrong = letters_panel.warning(document.gift.supporter)
    return gettext("%(wrong)s Send the receipt there all the same?") % {"wrong": wrong} if wrong else ""


SEND = Action(
    "send",
    _("Send this receipt to the donor"),
    _send_receipt,
    "donations.change_receipt",
    applies=lambda document: not hasattr(document, "replaced_by"),
    warn=_warning,
    for_all=_("Send these receipts to their donors"),
)
