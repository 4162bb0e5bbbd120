"""The clone guard: a restored copy of this database sends no letter and moves no money until a person says so.

What it looks at, and why a demonstration differs: D-018, D-020.
"""

from datetime import datetime
from typing import NoReturn

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal

from foundation.organisation import mode
from foundation.organisation.models import SiteIdentity
from foundation.prepared import queries

claimed = Signal()  # sent once a person has claimed the site for this database
REMEDY = "If this is the right place for it, run: manage.py claim_site"


class WrongSiteError(Exception):
    """This database belongs to another address or Stripe account. The text is a sentence for staff."""


def check_claimed() -> None:
    """Raise WrongSiteError while nobody has claimed a restored copy, the same address and account or not: what it would
    send may have been sent, and the site that it was copied from may still run.
    """
    site = queries.first(_site)
    _check_copied(site.copied_at if site else None)


def _check_copied(copied_at: datetime | None) -> None:
    if copied_at:
        _refuse(
            f"This database was restored from a copy of {copied_at:%Y-%m-%d %H:%M} UTC, and nobody has said yet that "
            f"this is its place: nothing is sent, Stripe is not asked, and no money is moved. {REMEDY}"
        )


@transaction.atomic
def restored(copied_at: datetime) -> None:
    """Mark this database as a restored copy of that moment (UTC): it sends and moves nothing from here on."""
    site = identity()
    site.copied_at = copied_at
    site.save()


def check_address() -> None:
    """Raise WrongSiteError when the database belongs to another address than BASE_URL.

    The first call of a new database claims it. A demonstration claims no address, so that PORT may change: there the
    offline Stripe's account alone decides (see check_account). But the database of a live site is no demonstration's.
    """
    _check_address(identity())


def _check_address(site: SiteIdentity) -> None:
    _check_copied(site.copied_at)
    if mode.is_demo():
        if site.base_url:
            _refuse(
                f"This database belongs to {site.base_url}, and this is a demonstration: nothing is sent and no money "
                f"is moved. {REMEDY}"
            )
        return
    if not site.base_url:
        SiteIdentity.objects.filter(pk=site.pk, base_url="").update(base_url=settings.BASE_URL)
    elif site.base_url != settings.BASE_URL:
        _refuse(
            f"This database belongs to {site.base_url}, not to {settings.BASE_URL}: "
            f"nothing is sent and no money is moved. {REMEDY}"
        )


def check_account(account: str) -> None:
    """Raise WrongSiteError when the database belongs to another Stripe account than the given one.

    Test and live money of one account count as two: account is "acct_…" with "/test" behind it for test keys.
    """
    site = identity()
    _check_address(site)
    if not site.stripe_account:
        SiteIdentity.objects.filter(pk=site.pk, stripe_account="").update(stripe_account=account)
    elif site.stripe_account != account:
        _refuse(
            f"This database belongs to the Stripe account {site.stripe_account}, not to {account}: "
            f"no money is moved. {REMEDY}"
        )


@transaction.atomic
def claim(account: str = "") -> SiteIdentity:
    """Claim the site: a person says that this database belongs here now. No account: the next payment decides."""
    site = identity()
    site.base_url = "" if mode.is_demo() else settings.BASE_URL
    site.stripe_account = account
    site.copied_at, site.refused = None, ""
    site.save()
    claimed.send(sender=SiteIdentity)
    return site


def _refuse(why: str) -> NoReturn:
    """Record the refusal where staff look, then raise WrongSiteError."""
    SiteIdentity.objects.exclude(refused=why).update(refused=why)
    raise WrongSiteError(why)


def identity() -> SiteIdentity:
    """Get or create the one row."""
    return queries.first(_site) or SiteIdentity.objects.get_or_create(pk=1)[0]


def _site() -> QuerySet[SiteIdentity]:
    return SiteIdentity.objects.filter(pk=1)
