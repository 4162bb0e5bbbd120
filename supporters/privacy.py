"""Export, erasure and merge of this app's own rows about a person: the supporter's row, and their consent events."""

from typing import Any

from django.utils import timezone

from staff import audit
from supporters import privacy_registry
from supporters.addresses import canonical
from supporters.models import ConsentEvent, SubscriptionRequest, Supporter


def export(supporter: Supporter) -> dict[str, Any]:
    fields = ("purpose", "given", "wording", "where", "method", "asked_at", "at")
    return {
        "email": supporter.email,
        "name": supporter.name,
        "country": supporter.country,
        "known since": supporter.created_at,
        "consent": list(supporter.consent_events.order_by("id").values(*fields)),
    }


def erase(supporter: Supporter) -> set[str]:
    """Anonymise the row, not delete it: gifts and the proof of consent hang on it, and neither may vanish."""
    address = supporter.email
    audit.forget_name(supporter)
    # Requests for letters live three weeks, so that the few there are can be compared one by one.
    waiting = [
        asking.pk for asking in SubscriptionRequest.objects.all() if canonical(asking.email) == supporter.canonical
    ]
    SubscriptionRequest.objects.filter(pk__in=waiting).delete()
    Supporter.objects.filter(pk=supporter.pk).update(
        email="", canonical=f"erased:{supporter.pk}", name="", country="", erased_at=timezone.now()
    )
    return {address}


def merge(old: Supporter, new: Supporter) -> None:
    for event in ConsentEvent.objects.filter(supporter=old):
        event.move_to(supporter=new)


privacy_registry.register("supporters", export=export, erase=erase, merge=merge)
