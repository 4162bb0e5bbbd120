"""Export, erasure and merge of the pledges' rows about a person."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges import pledging
from pledges.models import Signature, SignatureEvent
from staff import audit
from supporters import privacy_registry, supporters
from supporters.data_export import facts
from supporters.models import Supporter
from supporters.privacy_registry import columns, part

State = Signature.State
GOES = (
    part(
        _("your signature: it is withdrawn and no longer counts; its name, address and country go"),
        columns("pledges_signature", "name", "email", "canonical", "letter_to"),
    ),
)


def stays(supporter: Supporter) -> list[privacy_registry.Part]:
    if not _signatures(supporter).exists():
        return []
    counted = gettext("That a signature was counted and taken back, without your name: the count must stay true.")
    noted = gettext("What staff noted when they set a signature aside. They are asked to name nobody there.")
    there = SignatureEvent.objects.filter(signature__in=_signatures(supporter)).exclude(note="").exists()
    return [
        part(counted, tables=["pledges_signatureevent"]),
        *([part(noted, ["pledges_signatureevent.note"])] if there else []),
    ]


def export(supporter: Supporter) -> dict[str, Any]:
    """Export each signature, with the words that were signed, and how it was counted."""
    found = _signatures(supporter).order_by("id").select_related("pledge", "text__pledge").prefetch_related("events")
    return {
        "signatures": [
            facts(signature, pledge=lambda row: str(row.pledge), text=lambda row: row.text.text) for signature in found
        ],
        "how they were counted": [
            facts(event, ("pledge",), signature=lambda row: row.signature.number, who=_who)
            for signature in found
            for event in sorted(signature.events.all(), key=lambda event: event.pk)
        ],
    }


def _who(event: SignatureEvent) -> str:
    """Which member of staff it was is not told: that is somebody else."""
    return event.who if event.who == pledging.SIGNER else "staff"


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


privacy_registry.register("pledges", export=export, erase=erase, merge=merge, goes=GOES, stays=stays)
