"""Correct whom a gift is from, after a typing mistake: the person's name or the company's, by staff: D-155."""

from django.db import transaction

from donations.books import receipts
from donations.letters import gift_letters
from donations.models import Gift


@transaction.atomic
def correct(gift: Gift, name: str, company: str) -> int:
    """Change the names of this gift, and of the payments of its plan that say the same. Each receipt that names another
    giver then is replaced by a corrected one, which is mailed. Returns how many were. Idempotent.
    """
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift.pk)
    same = Gift.objects.filter(plan=gift.plan_id) if gift.plan_id else Gift.objects.filter(pk=gift.pk)
    wrong = list(same.filter(name=gift.name, company=gift.company).select_for_update(no_key=True).order_by("pk"))
    corrected = 0
    for each in wrong:
        each.name, each.company = name, company
        each.save(update_fields=["name", "company"])
        document = receipts.rename(each)
        if document:
            gift_letters.receipt_corrected(document)
            corrected += 1
    return corrected
