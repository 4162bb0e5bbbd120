"""What a donor may get for a Gift Aid donation: section 418 of the Income Tax Act 2007 (docs/receipts.md)."""

from datetime import datetime, time

from django.db.models import Q

from donations.models.gift_aid import STERLING
from donations.models.gifts import Gift
from foundation.organisation import tax_years
from foundation.organisation.models import Organisation
from foundation.organisation.tax_years import Country

MOST_IN_A_YEAR = 2500_00  # pence


def is_too_much(gift: Gift) -> bool:
    """Whether what its donor got for a gift, by our estimate, is worth more than a Gift Aid donation may bring: this
    one, or with those of the same donor before it in the tax year. Asks the database only where they got anything.
    """
    if not gift.benefit_value:
        return False
    return gift.benefit_value > most_for(gift.total) or gift.benefit_value + _before(gift) > MOST_IN_A_YEAR


def most_for(total: int) -> int:
    """What a gift of so much may bring its donor, in pence: a quarter of the first £100 and a twentieth of the rest."""
    return min((min(total, 100_00) * 25 + max(total - 100_00, 0) * 5) // 100, MOST_IN_A_YEAR)


def _before(gift: Gift) -> int:
    """What the donor got for earlier gifts of the tax year that were Gift Aid donations, or could have been."""
    if gift.supporter_id is None or gift.paid_at is None:
        return 0
    organisation = Organisation.load()
    year = tax_years.holding(organisation.day_of(gift.paid_at), Country.GB)
    first = datetime.combine(year.first, time.min, tzinfo=organisation.zone)
    earlier = Q(paid_at__lt=gift.paid_at) | Q(paid_at=gift.paid_at, pk__lt=gift.pk)
    theirs = Gift.objects.paid().filter(earlier, supporter=gift.supporter_id, currency=STERLING, company="")
    theirs = theirs.filter(livemode=gift.livemode, paid_at__gte=first, benefit_value__gt=0)
    got = 0
    for total, value in theirs.order_by("paid_at", "pk").values_list("total", "benefit_value"):
        if value <= most_for(total) and got + value <= MOST_IN_A_YEAR:
            got += value
    return got
