"""Personal data of giving, for the privacy registry: export, merge, erasure as far as law lets us, and retention."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from donations.gift_aid import declarations
from donations.giving import addresses, batches, browser_cookie, other_pages
from donations.models import AddressChange, Dedication, Gift, GiftAidDeclaration, Opening, Plan, Receipt, StripeEvent
from donations.my import own_data
from donations.my.own_gifts import ON_ITS_WAY, gifts_of
from foundation.letters.models import Letter
from foundation.organisation import retention_periods
from supporters import privacy_registry, supporters
from supporters.models import Supporter
from supporters.privacy_registry import columns, part

AT_ONCE = 20  # ids looked for in one pass over the events
REDUCED = '{"reduced": true'  # how a reduced body begins
NAMED_AT_MOST = 12  # receipts
LATELY = timedelta(days=3)  # the daily forgetting may have been missed for so long
# What an event may name a payment by: ids of Stripe, references of ours.
IDS = re.compile(r'"([a-z]{2,9}_\w{4,120}|[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})"')


GOES = (
    part(
        _("the name, the company and the address on your gifts, and addresses that were put right"),
        [
            *columns("donations_gift", "name", "company", "email"),
            *columns("donations_addresschange", "before", "after", "check_made"),
        ],
    ),
    part(
        _("dedications of your gifts, with their cards"),
        columns("donations_dedication", "name", "card_to", "card_from", "message"),
    ),
    part(
        _("Gift Aid declarations with which no gift was claimed; none can be claimed with them afterwards"),
        columns("donations_giftaiddeclaration", *declarations.NAMED),
    ),
    part(
        _("the name, the company and the address on cheques that staff type just now, found by the address"),
        ["donations_batch.typed"],
    ),
    part(
        _("what Stripe told us of your payments, but for its kind and its numbers"),
        ["donations_stripeevent.payload"],
    ),
)


def stays(supporter: Supporter) -> list[privacy_registry.Part]:
    """What stays of this person's giving."""
    labels = list(Receipt.objects.filter(gift__supporter=supporter).order_by("id").values_list("label", flat=True))
    receipts = ngettext(
        "Your receipt, with the name it was issued to: tax law makes us keep it.",
        "Your %(number)s receipts, with the name they were issued to: tax law makes us keep them.",
        len(labels),
    ) % {"number": len(labels)}
    if len(labels) <= NAMED_AT_MOST:
        receipts = f"{receipts} {', '.join(labels)}"
    theirs = Gift.objects.filter(supporter=supporter)
    referred = theirs.exclude(bank_reference="", sponsor="").exists()
    reference = gettext(
        "The cheque number, or the reference under which a bank or the sponsor of a fund names your gift, and who that "
        "sponsor is: our books must be found in theirs."
    )
    described = gettext("What staff wrote of something that you gave in kind, on its receipt and in the books.")
    return [
        *([part(receipts, ["donations_receipt.name"], ["donations_receipt"])] if labels else []),
        *(
            [part(described, ["donations_receipt.description", "donations_gift.description"])]
            if theirs.exclude(description="").exists()
            else []
        ),
        *_declared(supporter),
        *([part(reference, ["donations_gift.bank_reference"])] if referred else []),
        part(
            gettext("The sums of gifts, without a name: the books must add up."),
            tables=["donations_gift", "donations_plan", "donations_ledgerentry"],
        ),
        part(gettext("What Stripe keeps about payments: Stripe answers for it, under its own duties.")),
        part(gettext("Should Stripe tell us of them again, of a refund perhaps, that is emptied within a day or two.")),
    ]


def _declared(supporter: Supporter) -> list[privacy_registry.Part]:
    if not declarations.claimed(declarations.of(supporter)).exists():
        return []
    words = gettext(
        "Your Gift Aid declaration, with name and home, for six years after the last gift that was claimed with it: "
        "the tax office of the United Kingdom asks charities to keep the proof of what they claimed. It is cancelled."
    )
    kept = columns("donations_giftaiddeclaration", *declarations.NAMED)
    return [part(words, kept, ["donations_giftaidline"])]


def export(supporter: Supporter) -> dict[str, Any]:
    """Export everything about their giving, and what the cookie of the giving form means."""
    holds = gettext(
        "Your browser alone has it, for two days: the references of its last gifts, the number of the form it fills "
        "(the column “attempt” of your gifts) and the currency you chose."
    )
    typed = batches.typed_of(supporters.mailboxes(supporter))
    return {
        **own_data.of(supporter),
        "cheques being typed": typed,
        "cookie": {"name": browser_cookie.NAME, "what it holds": holds},
    }


def erase(supporter: Supporter) -> set[str]:
    """Erase names and addresses from the gifts and from all that Stripe told us of them. Returns the addresses that
    stood there.

    Ledger and receipts stay as they are: the first names nobody, the second is a tax document that must be kept. Raises
    CannotEraseError while a monthly or yearly gift runs or a bank debit is on its way: its next event would bring the
    name back.
    """
    if supporter.plans.counted().running().exists():
        raise privacy_registry.CannotEraseError(gettext("A monthly or yearly gift still runs. End it first."))
    gifts = gifts_of(supporter).select_for_update(no_key=True)
    if any(gift.status in ON_ITS_WAY for gift in gifts):
        raise privacy_registry.CannotEraseError(
            gettext("A bank payment is still on its way. Wait until it has come or failed.")
        )
    known = {gift.email for gift in gifts}
    known_as = {supporter.email, *known}
    for gift in gifts:
        known_as |= {gift.reference, gift.session_id or "", gift.payment_intent_id or "", gift.invoice_id or ""}
    for plan in supporter.plans.all():
        known_as |= {plan.subscription_id, plan.customer_id}
    _reduce_events(known_as - {""})
    ids = [gift.pk for gift in gifts]
    batches.forget_typed_of(supporters.mailboxes(supporter))
    _forget_letters_to_others(gifts)
    other_pages.give_up(gifts)
    declarations.erase(declarations.of(supporter))
    typed = words(ids)
    supporters.drop_unused(typed - known_as)
    known |= typed - supporters.of_others(supporter, typed)
    Gift.objects.filter(pk__in=ids).update(
        email="", name="", company="", name_public=False, session_url="", supporter=supporter
    )
    return known


def merge(old: Supporter, new: Supporter) -> None:
    Gift.objects.filter(supporter=old).update(supporter=new)
    Plan.objects.filter(supporter=old).update(supporter=new)
    GiftAidDeclaration.objects.filter(supporter=old).update(supporter=new)


def split(old: Supporter, new: Supporter) -> None:
    """Payments that came since of what repeats: their receipts and statement are of whose gift it is."""
    Gift.objects.filter(supporter=new, plan__supporter=old).update(supporter=old)


def _forget_letters_to_others(gifts: Iterable[Gift]) -> None:
    """Cards of dedications, and what went to an address before it was put right: they name this person."""
    dedicated = set(Dedication.objects.filter(gift__in=gifts).values_list("gift", flat=True))
    corrected = set(AddressChange.objects.filter(gift__in=gifts).values_list("gift", flat=True))
    for gift in gifts:
        if gift.pk in dedicated | corrected:
            privacy_registry.forget_letters(Letter.objects.filter(addresses.letters_about([gift])))


def _reduce_events(words: Iterable[str]) -> None:
    """Reduce every webhook event whose body holds one of these. A reduced one can still be processed."""
    whole = StripeEvent.objects.exclude(payload__startswith=REDUCED)
    for some in _some(words):
        wanted = Q(pk__in=[])
        for word in some:
            for written in _written(word):
                wanted |= Q(payload__icontains=written)
        for event in whole.filter(wanted).iterator(chunk_size=200):
            reduce(event)


def _written(word: str) -> set[str]:
    """How an event may write it: JSON may tell a letter by its number, and SQLite knows the capitals of ASCII alone."""
    forms = {word} if word.isascii() else {word, word.lower(), word.upper()}
    return forms | {json.dumps(form)[1:-1] for form in forms}


def _some(words: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sorted(words))
    while some := list(islice(rest, AT_ONCE)):
        yield some


def old_events(dry: bool = False) -> int:
    """Retention: reduce old webhook events to type, ids and a hash. A replay needs no more. New ones too, where they
    tell of somebody who was erased. Returns how many.
    """
    whole = StripeEvent.objects.exclude(payload__startswith=REDUCED)
    old = whole.filter(received_at__lt=retention_periods.end("events"))
    lately = whole.filter(received_at__gte=max(timezone.now() - LATELY, retention_periods.end("events")))
    if dry:
        return old.count() + sum(1 for _event in _of_the_erased(lately))
    count = 0
    for event in chain(old.iterator(chunk_size=500), _of_the_erased(lately)):
        reduce(event)
        count += 1
    return count


def _of_the_erased(events: QuerySet[StripeEvent]) -> Iterator[StripeEvent]:
    """Those of these events that name a payment or a monthly gift of somebody who was erased."""
    if not Supporter.objects.filter(erased_at__isnull=False).exists():
        return
    rest = events.iterator(chunk_size=100)
    while some := list(islice(rest, 100)):
        named = {event.pk: set(IDS.findall(event.payload)) for event in some}
        found = _erased_ids(set().union(*named.values()))
        yield from (event for event in some if named[event.pk] & found)


def _erased_ids(ids: set[str]) -> set[str]:
    """Those of these ids that name what an erased supporter gave."""
    gifts = Gift.objects.filter(supporter__erased_at__isnull=False)
    plans = Plan.objects.filter(supporter__erased_at__isnull=False)
    rows: list[tuple[Any, str]] = [
        (gifts, name) for name in ("reference", "session_id", "payment_intent_id", "invoice_id")
    ]
    rows += [(plans, name) for name in ("subscription_id", "customer_id")]
    found: set[str] = set()
    for some, name in rows:
        found |= set(some.filter(**{f"{name}__in": ids}).values_list(name, flat=True))
    return found


def unpaid(dry: bool = False) -> int:
    """Retention: blank names and address of gifts that were never paid. The row stays: Stripe may name it yet."""
    begun = Gift.objects.unfinished().filter(plan=None, supporter=None, created_at__lt=retention_periods.end("unpaid"))
    ids = list(begun.exclude(name="", company="", email="").values_list("pk", flat=True))
    if not dry:
        words(ids)
        Gift.objects.filter(pk__in=ids).update(name="", company="", email="", session_url="")
    return len(ids)


def words(gifts: list[int]) -> set[str]:
    """Erase what donors wrote beside gifts: dedications go, with their cards, and Gift Aid declarations of which
    nothing was claimed; mistyped addresses leave their changes. Returns the addresses that stood there.
    """
    Dedication.objects.filter(gift__in=gifts).delete()
    Opening.objects.filter(gift__in=gifts).delete()
    declarations.erase(GiftAidDeclaration.objects.filter(gift__in=gifts))
    changes = AddressChange.objects.filter(gift__in=gifts)
    addresses = {address for pair in changes.values_list("before", "after") for address in pair}
    changes.update(before="", after="", check_made="")
    return addresses - {""}


def reduce(event: StripeEvent) -> None:
    """Reduce an event's body to what names the change, and a SHA-256 by which the body can be recognised."""
    if event.payload.startswith(REDUCED):
        return
    digest = hashlib.sha256(event.payload.encode()).hexdigest()
    kept = {"reduced": True, "id": event.event_id, "type": event.type, "object": event.object_id, "sha256": digest}
    StripeEvent.objects.filter(pk=event.pk).update(payload=json.dumps(kept))


privacy_registry.register(
    "donations",
    export=export,
    erase=erase,
    merge=merge,
    move=addresses.move,
    split=split,
    goes=GOES,
    stays=stays,
    not_told=own_data.NOT_TOLD,
)
