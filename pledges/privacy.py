"""Export, erasure and merge of the pledges' rows about a person."""

from typing import Any

from django.db.models import Q

from pledges import pledging
from pledges.models import Signature
from staff import audit
from supporters import privacy_registry, supporters
from supporters.models import Supporter

State = Signature.State


def export(supporter: Supporter) -> list[dict[str, Any]]:
    """Export each signature, with the words that were signed."""
    return [
        {
            "pledge": str(signature.pledge),
            "text": signature.text.text,
            "name": signature.name,
            "email": signature.email,
            "country": signature.country,
            "state": signature.state,
            "signed": signature.signed_at,
            "confirmed": signature.confirmed_at,
            "number": signature.number,
        }
        for signature in _signatures(supporter).order_by("id").select_related("pledge", "text__pledge")
    ]


def erase(supporter: Supporter) -> set[str]:
    """Withdraw and anonymise signatures, so that the count stays true. Those that wait for confirmation are deleted."""
    addresses = set()
    for signature in _signatures(supporter):
        addresses |= {signature.email, signature.letter_to}
        audit.forget_name(signature)
        if signature.state == State.STARTED:
            signature.delete()
            continue
        pledging.withdraw(signature)
        pledging.nameless(Signature.objects.filter(pk=signature.pk))
    return addresses


def merge(old: Supporter, new: Supporter) -> None:
    Signature.objects.filter(supporter=old).update(supporter=new)


def _signatures(supporter: Supporter) -> Any:
    return Signature.objects.filter(Q(supporter=supporter) | Q(canonical__in=supporters.mailboxes(supporter)))


privacy_registry.register("pledges", export=export, erase=erase, merge=merge)
