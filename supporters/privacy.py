"""Export, erasure and merge of this app's own rows about a person: the supporter's row, and their consent events."""

from typing import Any

from django.utils import timezone

from foundation.letters import retention as letters
from staff import audit
from supporters import merging, moving, privacy_registry, supporters
from supporters.addresses import canonical
from supporters.models import ConsentEvent, FormerAddress, SubscriptionRequest, Supporter
from supporters.newsletter import deliveries


def export(supporter: Supporter) -> dict[str, Any]:
    former = sorted(supporter.former_addresses.all(), key=lambda row: row.pk)
    fields = ("purpose", "given", "wording", "where", "method", "asked_at", "at")
    return {
        "email": supporter.email,
        "name": supporter.name,
        "country": supporter.country,
        "former addresses": [row.email for row in former if row.email],
        "known since": supporter.created_at,
        "consent": list(supporter.consent_events.order_by("id").values(*fields)),
        "notes of staff": list(supporter.staff_notes.order_by("id").values("text", "at")),
        "newsletters": deliveries.received(supporter),
    }


def erase(supporter: Supporter) -> set[str]:
    """Anonymise the row, not delete it: gifts and the proof of consent hang on it, and neither may vanish."""
    former = supporter.former_addresses.all()
    known = {supporter.email, *former.values_list("email", flat=True)} - {""}
    letters.forget(f"{moving.CONFIRMING}:{supporter.pk}:")
    audit.forget_name(supporter)
    # Requests for letters live three weeks, so that the few there are can be compared one by one.
    mailboxes = supporters.mailboxes(supporter)
    waiting = [asking.pk for asking in SubscriptionRequest.objects.all() if canonical(asking.email) in mailboxes]
    SubscriptionRequest.objects.filter(pk__in=waiting).delete()
    Supporter.objects.filter(pk=supporter.pk).update(
        email="", canonical=f"erased:{supporter.pk}", name="", country="", erased_at=timezone.now()
    )
    supporter.staff_notes.all().delete()
    merging.forget(supporter)
    former.filter(number=None).delete()
    former.update(email="")
    return known


def merge(old: Supporter, new: Supporter) -> None:
    """What is known of the first fills gaps of the second. A complaint counts for both: it was about our letters."""
    for event in ConsentEvent.objects.filter(supporter=old):
        event.move_to(supporter=new)
    for rows in (old.former_addresses, old.staff_notes, old.merges):
        rows.update(supporter=new)
    FormerAddress.objects.create(supporter=new, email=old.email, number=old.pk)
    audit.move(old, new)
    deliveries.merge(old, new)
    new.name, new.country = new.name or old.name, new.country or old.country
    new.complained_at = new.complained_at or old.complained_at
    new.created_at = min(new.created_at, old.created_at)
    new.save(update_fields=["name", "country", "complained_at", "created_at"])


privacy_registry.register("supporters", export=export, erase=erase, merge=merge)
