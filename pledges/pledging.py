"""Sign, confirm, withdraw, set aside: all state changes of a signature."""

from collections.abc import Sequence
from functools import cache

from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import get_language

from foundation.access import ratelimit, tokens
from foundation.access.models import AccessLink
from foundation.access.ratelimit import Limit
from foundation.organisation import retention_periods
from foundation.prepared import steps
from pledges import counting, letters
from pledges.models import PledgeText, Signature, SignatureEvent, SignatureQuerySet
from supporters import consent, mailbox, supporters
from supporters.addresses import canonical

SIGNER = "signer"
TYPED = ("text_id", "name", "email", "country", "age", "wants_letters", "letters_wording")
LATE = ("page", "signed_at")  # go with what was typed, and do not make it another


def sign(
    text: PledgeText,
    *,
    name: str,
    email: str,
    country: str,
    age: int,
    letters_wording: str,
    page: str,
    limits: Sequence[Limit] = (),
) -> bool:
    """Upsert a pending signature until its owner confirms it (double opt-in), and enqueue the letter. False: one of
    `limits` is reached, and nothing was written.

    `letters_wording` holds the consent wording that was agreed to, or nothing. The same statements run for an address
    that is new, waits or has confirmed; a mailbox over its own rate limit is left as it is, links included, and nobody
    is told. All is one commit, which is most of what a signature waits for.
    """
    signature = Signature(
        pledge_id=text.pledge_id,
        canonical=canonical(email),
        text_id=text.pk,
        name=name,
        email=email,
        country=country,
        age=age,
        wants_letters=bool(letters_wording),
        letters_wording=letters_wording,
        page=page,
        letter_to=email,
        locale=get_language() or "",
    )
    before = map(ratelimit.step, (*limits, mailbox.limit(email)))
    return steps.run(*before, _upsert(signature), letters.asking_to_confirm()) >= len(limits)


def _upsert(signature: Signature) -> steps.Step:
    """Insert what was typed, or bring the row that keeps this mailbox from signing once more in line with it: one that
    waits says what was typed last, and any other, only where the next letter goes. Returns the `id` of the row.

    One statement, whoever signs: the unique constraint decides between two who sign at once. Idempotent: what was typed
    twice in the same words leaves the letter that is on its way valid. By hand, because Django knows no upsert that
    looks at the row; it took four statements, and longer to build them than they ran.
    """
    sql, values = steps.insert(signature)
    return steps.Step(f"{sql} {_or_brought_in_line()}", values)


@cache
def _or_brought_in_line() -> str:
    table = f'"{Signature._meta.db_table}"'
    old, new = (", ".join(f"{of}.{each}" for each in TYPED) for of in (table, "excluded"))
    waits = f"{table}.state = '{Signature.State.STARTED}'"
    other = f"{waits} AND ({old}) <> ({new})"
    to = {each: f"CASE WHEN {waits} THEN excluded.{each} ELSE {table}.{each} END" for each in TYPED}
    to |= {each: f"CASE WHEN {other} THEN excluded.{each} ELSE {table}.{each} END" for each in LATE}
    to |= {"attempt": f"CASE WHEN {other} THEN {table}.attempt + 1 ELSE {table}.attempt END"}
    to |= {each: f"excluded.{each}" for each in ("letter_to", "locale")}
    changes = ", ".join(f"{column} = {value}" for column, value in to.items())
    same = f"(pledge_id, canonical) WHERE NOT (state = '{Signature.State.WITHDRAWN}')"
    return f"ON CONFLICT {same} DO UPDATE SET {changes} RETURNING id"


def find(link: AccessLink | None) -> Signature | None:
    """Return the signature that this link may confirm or has confirmed. None: the link has ended."""
    if link is None:
        return None
    pk, _, attempt = link.subject.partition(":")
    signature = Signature.objects.select_related("pledge", "text__pledge").filter(pk=pk).first()
    if signature is None or signature.state not in (Signature.State.STARTED, Signature.State.CONFIRMED):
        return None
    if signature.state == Signature.State.STARTED and signature.attempt != int(attempt):
        return None  # signed again since, in other words: the newer letter confirms those
    return signature


@transaction.atomic
def confirm(link: AccessLink) -> bool:
    """Confirm and count the signature of this link. False if it counts already, or the link has ended."""
    pk, _, attempt = link.subject.partition(":")
    waiting = Signature.objects.waiting().select_for_update()
    signature = waiting.filter(pk=pk, attempt=attempt).first()
    if signature is None:
        return False
    tokens.use(link)
    signature.supporter = supporters.get_or_create_supporter(
        signature.email, signature.name, signature.country, verified=True, language=signature.locale
    )
    if signature.wants_letters:
        consent.confirmed(
            signature.supporter,
            wording=signature.letters_wording,
            where=signature.page,
            locale=signature.locale,
            asked_at=signature.signed_at,
        )
    counting.lock(signature.pledge_id)
    signature.number = counting.next_number(signature.pledge_id)
    signature.state, signature.confirmed_at = Signature.State.CONFIRMED, timezone.now()
    signature.save(update_fields=["supporter", "number", "state", "confirmed_at"])
    counting.count(signature, +1, SignatureEvent.Why.CONFIRMED, SIGNER)
    letters.welcome(signature)
    return True


def send_again(link: AccessLink | None) -> None:
    """Resend the letter to somebody whose link has ended. Whatever the link is, the caller learns nothing."""
    signature = Signature.objects.filter(pk=link.subject.partition(":")[0]).first() if link else None
    if signature and mailbox.may_write(signature.email):
        letters.ask_to_confirm(signature.pk)


def withdraw(signature: Signature, who: str = SIGNER, note: str = "") -> bool:
    """Withdraw a signature. Its owner may sign again later, under a new number. False if it has ended already."""
    return _end(signature, Signature.State.WITHDRAWN, SignatureEvent.Why.WITHDRAWN, who, note)


def take_back(public_id: str) -> None:
    """Withdraw by the link in the letter, whose owner has the mailbox. What nobody confirmed yet is deleted at once."""
    Signature.objects.waiting().filter(public_id=public_id).delete()
    signature = Signature.objects.filter(public_id=public_id).first()
    if signature:
        withdraw(signature)


def set_aside(signature: Signature, who: str, note: str) -> bool:
    """Exclude a false signature from the count. Its mailbox cannot sign again, is not told. False if it has ended."""
    return _end(signature, Signature.State.SET_ASIDE, SignatureEvent.Why.SET_ASIDE, who, note)


@transaction.atomic
def put_back(signature: Signature, who: str, note: str) -> bool:
    """Restore a signature that staff had set aside by mistake. False if it is not set aside."""
    aside = Signature.objects.filter(pk=signature.pk, state=Signature.State.SET_ASIDE)
    row = aside.select_for_update().first()
    if row is None:
        return False
    row.state, row.ended_at = Signature.State.CONFIRMED if row.number else Signature.State.STARTED, None
    row.save(update_fields=["state", "ended_at"])
    if row.number:
        counting.lock(row.pledge_id)
        counting.count(row, +1, SignatureEvent.Why.PUT_BACK, who, note)
    return True


@transaction.atomic
def _end(signature: Signature, state: str, why: str, who: str, note: str) -> bool:
    row = Signature.objects.living().select_for_update().filter(pk=signature.pk).first()
    if row is None:
        return False
    counted = row.state == Signature.State.CONFIRMED
    row.state, row.ended_at = state, timezone.now()
    row.save(update_fields=["state", "ended_at"])
    if counted:
        counting.lock(row.pledge_id)
        counting.count(row, -1, why, who, note)
    return True


def forget(dry: bool = False) -> int:
    """Retention, daily: delete signatures that nobody confirmed. They were never counted. Returns how many."""
    return retention_periods.drop(
        Signature.objects.waiting().filter(signed_at__lt=retention_periods.end("unconfirmed")), dry
    )


def forget_withdrawn(dry: bool = False) -> int:
    """Retention, daily: anonymise withdrawn signatures; the count history stays. Returns how many."""
    gone = Signature.objects.filter(state=Signature.State.WITHDRAWN, ended_at__lt=retention_periods.end("withdrawn"))
    return nameless(gone.exclude(name="", email=""), dry)


def nameless(signatures: SignatureQuerySet, dry: bool = False) -> int:
    """Anonymise these signatures. Returns how many there are."""
    blank = dict.fromkeys(("name", "email", "letter_to", "country", "locale", "letters_wording"), "")
    mailbox_of_nobody = Concat(Value("erased:"), Cast("pk", CharField()))
    return retention_periods.blank(signatures, dry, canonical=mailbox_of_nobody, **blank)
