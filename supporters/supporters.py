"""Get or create a supporter: the one row for their mailbox, no matter who comes first."""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet

from foundation.prepared import queries
from staff import audit
from supporters.addresses import canonical
from supporters.models import Supporter


def numbered(number: int) -> Supporter | None:
    """Return the supporter of that number, or the one into whom it was merged."""
    found = Supporter.objects.filter(Q(pk=number) | Q(former_addresses__number=number))
    return found.distinct().first()


def known_by(email: str) -> Supporter | None:
    """Return the supporter with that mailbox; else the one who had that very address before."""
    now = Supporter.objects.filter(canonical=canonical(email)).first()
    return now or Supporter.objects.filter(former_addresses__email__iexact=email).first()


def mailboxes(supporter: Supporter) -> set[str]:
    """Return the canonical forms of all that this person was known by, without what is somebody else's by now."""
    former = {canonical(row.email) for row in supporter.former_addresses.all() if row.email}
    others = Supporter.objects.filter(canonical__in=former).exclude(pk=supporter.pk)
    return {supporter.canonical, *former} - (set(others.values_list("canonical", flat=True)) if former else set())


def of_others(supporter: Supporter, addresses: Iterable[str]) -> set[str]:
    """Return those of these addresses that are another person's mailbox."""
    mailboxes = {address: canonical(address) for address in addresses}
    others = Supporter.objects.filter(canonical__in=set(mailboxes.values())).exclude(pk=supporter.pk)
    taken = set(others.values_list("canonical", flat=True))
    return {address for address, mailbox in mailboxes.items() if mailbox in taken}


def drop_unused(addresses: Iterable[str]) -> None:
    """Delete the rows of mailboxes that were only ever typed by mistake: nothing hangs on them, and the name there is
    that of whoever mistyped.
    """
    for row in Supporter.objects.filter(canonical__in=set(map(canonical, addresses)), erased_at=None):
        relations = [relation for relation in Supporter._meta.related_objects if relation.related_model]
        if not any(
            relation.related_model._base_manager.filter(**{relation.field.name: row}).exists() for relation in relations
        ):
            audit.forget_name(row)
            row.delete()


def get_or_create_supporter(
    email: str, name: str = "", country: str = "", verified: bool = False, language: str = ""
) -> Supporter:
    """Get or create the supporter with that mailbox. Safe under concurrency.

    `verified` says that the person just proved the address (a mailed link): what they typed then replaces what we had.
    Otherwise only gaps are filled, because anybody can type somebody else's address.
    """
    mailbox = canonical(email)
    supporter = queries.first(_of, mailbox=mailbox)
    if supporter is None:
        new = {"email": email, "name": name, "country": country, "language": language or settings.LANGUAGE_CODE}
        supporter, made = Supporter.objects.get_or_create(canonical=mailbox, defaults=new)
        if made:
            return supporter
    changed = []
    sure = {"email": email, "language": language} if verified else {}
    for field, value in {**sure, "name": name, "country": country}.items():
        old = getattr(supporter, field)
        if value and value != old and (verified or not old):
            setattr(supporter, field, value)
            changed.append(field)
    if changed:
        supporter.save(update_fields=changed)
    return supporter


def _of(mailbox: str) -> QuerySet[Supporter]:
    return Supporter.objects.filter(canonical=mailbox)
