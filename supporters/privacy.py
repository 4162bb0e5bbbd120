"""Export, erasure and merge of this app's own rows about a person: the supporter's row, and their consent events."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.letters.models import Letter
from staff import audit
from supporters import merging, moving, privacy_registry, supporters, visits
from supporters.addresses import canonical
from supporters.data_export import facts
from supporters.models import ConsentEvent, FormerAddress, StaffNote, SubscriptionRequest, Supporter
from supporters.newsletter import deliveries
from supporters.newsletter.models import Delivery
from supporters.privacy_registry import columns, part

GOES = (
    part(
        _("your name and your e-mail addresses"),
        [
            *columns("supporters_supporter", "name", "email", "canonical"),
            *columns("supporters_formeraddress", "email"),
            *columns("supporters_subscriptionrequest", "email"),
        ],
    ),
    part(
        _("what our staff noted about you"),
        [*columns("supporters_staffnote", "text"), *columns("supporters_merge", "kept", "check_made")],
    ),
    part(
        _("the texts of letters we sent you"),
        columns("letters_letter", "to", "subject", "text", "html"),
    ),
    part(_("every letter that you agreed to: none is written any more")),
    part(_("what the log of our staff calls you"), ["wagtailcore_modellogentry.label"]),
)

# What is no part of the export, and why.
NOT_TOLD = {"supporters.Merge": "which of our rows were joined: former addresses and numbers tell that"}


def export(supporter: Supporter) -> dict[str, Any]:
    """Export the row itself, earlier addresses, each yes and no with the words that were read, and requests."""
    told = facts(supporter)
    former = sorted(supporter.former_addresses.all(), key=lambda row: row.pk)
    told["former addresses"] = [row.email for row in former if row.email]
    told["numbers of merged rows"] = [row.number for row in former if row.number]
    told["consent"] = [facts(event) for event in supporter.consent_events.order_by("id")]
    rare = _what_is_there(supporter)  # most people have none of these: asked for only where they are there
    notes = supporter.staff_notes.order_by("id") if rare["has_notes"] else []
    told["notes of staff"] = [facts(note, ("by",)) for note in notes]
    told["newsletters"] = deliveries.received(supporter) if rare["has_newsletters"] else []
    told["requests for letters"] = [facts(asking) for asking in _requests(supporter)] if rare["has_requests"] else []
    told["cookie of my page"] = {
        "name": visits.COOKIE,
        "what it holds": gettext("A random number that keeps this page open, for half an hour after your last press."),
    }
    return told


def _what_is_there(supporter: Supporter) -> dict[str, bool]:
    there = {
        "has_notes": Exists(StaffNote.objects.filter(supporter=OuterRef("pk"))),
        "has_newsletters": Exists(Delivery.objects.filter(supporter=OuterRef("pk"))),
        "has_requests": Exists(SubscriptionRequest.objects.all()),
    }
    return dict(Supporter.objects.filter(pk=supporter.pk).annotate(**there).values(*there).get())


def _requests(supporter: Supporter) -> list[SubscriptionRequest]:
    """They live three weeks, so that the few there are can be compared one by one."""
    mailboxes = supporters.mailboxes(supporter)
    return [each for each in SubscriptionRequest.objects.order_by("id") if canonical(each.email) in mailboxes]


def stays(supporter: Supporter) -> list[privacy_registry.Part]:
    """What stays of the row itself. Staff read it too, of somebody who was erased already."""
    return [
        part(
            gettext("What you agreed to and when, without your name: it proves that we asked."),
            tables=["supporters_consentevent", "supporters_supporter"],
        ),
        part(
            gettext("That letters were written, without address and words, so that none is written twice."),
            tables=["letters_letter", "supporters_delivery"],
        ),
        part(
            gettext("What staff did with all of it, without your name: they answer for it."),
            tables=["wagtailcore_modellogentry"],
        ),
        part(gettext("One last letter says that it is done. Your address is forgotten once that has left.")),
    ]


def erase(supporter: Supporter) -> set[str]:
    """Anonymise the row, not delete it: gifts and the proof of consent hang on it, and neither may vanish."""
    former = supporter.former_addresses.all()
    known = {supporter.email, *former.values_list("email", flat=True)} - {""}
    privacy_registry.forget_letters(Letter.objects.filter(key__startswith=f"{moving.CONFIRMING}:{supporter.pk}:"))
    audit.forget_name(supporter)
    visits.end_all(supporter)
    SubscriptionRequest.objects.filter(pk__in=[asking.pk for asking in _requests(supporter)]).delete()
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


privacy_registry.register(
    "supporters", export=export, erase=erase, merge=merge, goes=GOES, stays=stays, not_told=NOT_TOLD
)
