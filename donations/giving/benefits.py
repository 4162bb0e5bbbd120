"""What the giver of a gift received in return, said by staff after its receipt was written: D-188."""

from django.db import transaction

from donations.books import receipts
from donations.letters import gift_letters
from donations.models import Gift, LedgerEntry, Receipt


class CannotError(Exception):
    """So much is not left of the gift: what was given in return is worth all of it, or more."""


def may_be_said(gift: Gift) -> bool:
    """Whether it is a gift of money of which something is left, and its giver was not erased since. Of shares and of
    what a donor-advised fund gave no paper says it.
    """
    if not gift.is_paid or gift.is_recommended or gift.thing or not gift.giver():
        return False
    return LedgerEntry.objects.kept(gift)[0] > 0


@transaction.atomic
def correct(gift: Gift, benefit: str, value: int) -> Receipt | None:
    """Keep what was given in return in words, and our estimate of its worth in minor units of the gift's currency; both
    empty: nothing. The receipt in force is replaced by a corrected one, which is mailed and returned. None where the
    gift says the same already: a form sent twice is one receipt. Raises CannotError.
    """
    gift = Gift.objects.select_for_update().get(pk=gift.pk)
    if (gift.benefit, gift.benefit_value) == (benefit, value):
        return None
    if value >= LedgerEntry.objects.kept(gift)[0]:
        raise CannotError
    gift.benefit, gift.benefit_value = benefit, value
    gift.save(update_fields=["benefit", "benefit_value"])
    document = receipts.restate(gift)
    if document:
        gift_letters.receipt_corrected(document)
    return document
