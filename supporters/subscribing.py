"""Letters by e-mail: asked for on a form, sent only after the owner of the address has pressed a mailed link."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from foundation.doors import links
from foundation.doors.models import AccessLink
from foundation.letters import outbox
from foundation.organisation import retention
from supporters import consent, mailbox, people
from supporters.models import Asking

CONFIRM = "subscribe-confirm"  # the link's purpose
LIFETIME = timedelta(days=7)
PAGE = "/subscribe/"
ONCE_IN = timedelta(hours=1)  # a form that is sent twice asks once


def ask_beside(email: str, wording: str, where: str) -> None:
    """The box on another form. It is only a wish: nothing comes of it before the mailed link's button."""
    if not Asking.objects.filter(email=email, asked_at__gte=timezone.now() - ONCE_IN).exists():
        ask(email, wording, where)


def ask(email: str, wording: str, where: str = PAGE) -> None:
    """Mail a link to that address, whoever it belongs to and whatever we know of it. `wording` is what was read, on
    the page at `where`.

    A mailbox that had its letters of today gets none.
    """
    if not mailbox.may_write(email):
        return
    with transaction.atomic():
        asking = Asking.objects.create(email=email, wording=wording, locale=get_language() or "", where=where[:200])
        token = links.make(CONFIRM, str(asking.pk), LIFETIME)
        address = settings.BASE_URL + reverse("supporters:subscribe-confirm", args=[token])
        facts = {"address": address, "days": LIFETIME.days}
        outbox.queue(f"subscribe:{asking.pk}", "subscribe_confirm", email, facts)


def find(link: AccessLink | None) -> Asking | None:
    """What this link confirms. None: it opens nothing any more."""
    return Asking.objects.filter(pk=link.subject).first() if link else None


@transaction.atomic
def confirm(link: AccessLink, asking: Asking) -> None:
    """Write the yes down. Pressing twice is pressing once."""
    if not links.use(link):
        return
    supporter = people.meet(asking.email, verified=True)
    consent.confirmed(
        supporter, wording=asking.wording, where=asking.where, locale=asking.locale, asked_at=asking.asked_at
    )


def forget(dry: bool = False) -> int:
    """What was asked long ago: confirmed, it stands among the consents; not confirmed, it is nobody's."""
    return retention.drop(Asking.objects.filter(asked_at__lt=retention.end("unconfirmed")), dry)
