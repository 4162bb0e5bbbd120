"""Newsletter sign-up by double opt-in: letters are sent only after the address's owner has pressed a mailed link."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from foundation.access import tokens
from foundation.access.models import AccessLink
from foundation.letters import outbox
from foundation.organisation import retention_periods
from supporters import consent, mailbox, supporters
from supporters.models import SubscriptionRequest

CONFIRM = "subscribe-confirm"  # the token's purpose
LIFETIME = timedelta(days=7)
PAGE = "/subscribe/"
ONCE_IN = timedelta(hours=1)  # deduplication: a form that is sent twice asks once


def mail_confirmation_beside(email: str, wording: str, where: str) -> None:
    """Start a double opt-in from the box on another form. Nothing comes of it before the mailed link's button."""
    if not SubscriptionRequest.objects.filter(email=email, asked_at__gte=timezone.now() - ONCE_IN).exists():
        mail_confirmation(email, wording, where)


def mail_confirmation(email: str, wording: str, where: str = PAGE) -> None:
    """Start a double opt-in: mail a confirmation link to that address, no matter who owns it and what we know of it.
    `wording` is what was read, on the page at `where`.

    A mailbox that is over its rate limit gets none.
    """
    if not mailbox.may_write(email):
        return
    with transaction.atomic(savepoint=False):
        asking = SubscriptionRequest.objects.create(
            email=email, wording=wording, locale=get_language() or "", where=where[:200]
        )
        token = tokens.make(CONFIRM, str(asking.pk), LIFETIME)
        address = settings.BASE_URL + reverse("supporters:subscribe-confirm", args=[token])
        facts = {"address": address, "days": LIFETIME.days}
        outbox.queue(f"subscribe:{asking.pk}", "subscribe_confirm", email, facts)


def find(link: AccessLink | None) -> SubscriptionRequest | None:
    """Return the request that this link confirms. None: the link has ended."""
    return SubscriptionRequest.objects.filter(pk=link.subject).first() if link else None


@transaction.atomic
def confirm(link: AccessLink, asking: SubscriptionRequest) -> None:
    """Record the consent of a double opt-in, when its link's button is pressed. Idempotent: a link is used once."""
    if not tokens.use(link):
        return
    supporter = supporters.get_or_create_supporter(asking.email, verified=True, language=asking.locale)
    consent.confirmed(
        supporter, wording=asking.wording, where=asking.where, locale=asking.locale, asked_at=asking.asked_at
    )


def forget(dry: bool = False) -> int:
    """Retention, daily: delete old requests. Confirmed ones stand among the consents, the others are nobody's."""
    return retention_periods.drop(
        SubscriptionRequest.objects.filter(asked_at__lt=retention_periods.end("unconfirmed")), dry
    )
