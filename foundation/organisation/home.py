"""The clone guard: a restored copy of this database sends no letter and moves no money until a person says so."""

from datetime import datetime
from typing import NoReturn

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal

from foundation.organisation import mode
from foundation.organisation.models import Home

claimed = Signal()  # a person has said whose place this is
REMEDY = "If this is the right place for it, run: manage.py claim_site"


class NotAtHomeError(Exception):
    """This database belongs to another address or Stripe account. The text is a sentence for staff."""


def check_claimed() -> None:
    """Raise NotAtHomeError while nobody has said whose place a restored copy is, the same address and account or not:
    what it would send may have been sent, and the site that it was copied from may still run.
    """
    copied_at = Home.objects.filter(pk=1).values_list("copied_at", flat=True).first()
    if copied_at:
        _refuse(
            f"This database was restored from a copy of {copied_at:%Y-%m-%d %H:%M} UTC, and nobody has said yet that "
            f"this is its place: nothing is sent, Stripe is not asked, and no money is moved. {REMEDY}"
        )


@transaction.atomic
def restored(copied_at: datetime) -> None:
    """This database is a copy of that moment, and inert from here on."""
    home = here()
    home.copied_at = copied_at
    home.save()


def check_address() -> None:
    """Raise NotAtHomeError when the database belongs to another address than BASE_URL.

    The first call of a new database claims it. A demonstration claims no address, so that PORT may change: there the
    offline Stripe's account alone decides (see check_account). But the database of a live site is no demonstration's.
    """
    check_claimed()
    home = here()
    if mode.is_demo():
        if home.base_url:
            _refuse(
                f"This database belongs to {home.base_url}, and this is a demonstration: nothing is sent and no money "
                f"is moved. {REMEDY}"
            )
        return
    if not home.base_url:
        Home.objects.filter(pk=home.pk, base_url="").update(base_url=settings.BASE_URL)
    elif home.base_url != settings.BASE_URL:
        _refuse(
            f"This database belongs to {home.base_url}, not to {settings.BASE_URL}: "
            f"nothing is sent and no money is moved. {REMEDY}"
        )


def check_account(account: str) -> None:
    """Raise NotAtHomeError when the database belongs to another Stripe account than the given one.

    Test and live money of one account count as two: account is "acct_…" with "/test" behind it for test keys.
    """
    check_address()
    home = here()
    if not home.stripe_account:
        Home.objects.filter(pk=home.pk, stripe_account="").update(stripe_account=account)
    elif home.stripe_account != account:
        _refuse(
            f"This database belongs to the Stripe account {home.stripe_account}, not to {account}: "
            f"no money is moved. {REMEDY}"
        )


@transaction.atomic
def claim(account: str = "") -> Home:
    """A person says: this is the home of this database now. An empty account lets the next payment decide."""
    home = here()
    home.base_url = "" if mode.is_demo() else settings.BASE_URL
    home.stripe_account = account
    home.copied_at, home.refused = None, ""
    home.save()
    claimed.send(sender=Home)
    return home


def _refuse(why: str) -> NoReturn:
    """Say it where staff look, then stop whoever asked."""
    Home.objects.exclude(refused=why).update(refused=why)
    raise NotAtHomeError(why)


def here() -> Home:
    """The one row; made when it is not there yet."""
    home, _ = Home.objects.get_or_create(pk=1)
    return home
