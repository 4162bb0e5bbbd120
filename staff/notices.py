"""Security notices of changes to an account, to its address before them: its owner hears of what somebody else did."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from foundation.access.models import AccessLink
from foundation.letters import outbox
from staff import account_sync
from staff.models import User

ADMINISTRATOR = "Administrator"
INVITATION = "staff-invitation"  # the purpose of the tokens in staff/invitations.py


@dataclass(frozen=True)
class Standing:
    """A snapshot of an account before somebody changed it."""

    email: str
    roles: frozenset[str]
    active: bool
    in_charge: bool


def standing(user: User) -> Standing:
    """Read the snapshot from the database: a form has changed the object already."""
    row = User.objects.get(pk=user.pk)
    roles = frozenset(row.groups.values_list("name", flat=True))
    return Standing(row.email, roles, row.is_active, row.is_active and (row.is_superuser or ADMINISTRATOR in roles))


def changed(actor: User, user: User, before: Standing) -> None:
    """Notify the old address, and administrators of a new one; revoke old invitations and sessions."""
    now = standing(user)
    if now.email != before.email or now.active < before.active:
        AccessLink.objects.filter(purpose=INVITATION, subject=str(user.pk), used_at=None).delete()
    if now.active < before.active:
        account_sync.end_sessions(user)
    if now.email != before.email:
        words = gettext("The address of your account was changed from %(old)s to %(new)s.")
        _tell(before.email, actor, words % {"old": before.email, "new": now.email})
    if now.roles != before.roles:
        none, old, new = gettext("none"), ", ".join(sorted(before.roles)), ", ".join(sorted(now.roles))
        words = gettext("Your roles were changed. Before: %(old)s. Now: %(new)s.")
        _tell(before.email, actor, words % {"old": old or none, "new": new or none})
    if now.active != before.active:
        _tell(
            before.email,
            actor,
            gettext("Your account was opened.") if now.active else gettext("Your account was closed."),
        )
    if now.in_charge and not before.in_charge:
        new_administrator(user, actor)


def new_administrator(user: User, actor: User | None = None) -> None:
    """Notify all other administrators and superusers of a new one."""
    words = gettext("%(email)s is an administrator now.") % {"email": user.email}
    for other in User.objects.in_charge().filter(~Q(pk=user.pk)):
        _tell(other.email, actor, words)


def factors_taken(user: User) -> None:
    _tell(user.email, None, gettext("All second factors of your account were taken away. A link leads to a new one."))


def deleted(actor: User, email: str) -> None:
    _tell(email, actor, gettext("Your account was deleted."))


def exported(user: User, path: str) -> None:
    words = gettext("A list was taken out of the panel with your account: %(address)s")
    _tell(user.email, None, words % {"address": settings.BASE_URL + path})


def _tell(email: str, actor: User | None, sentence: str) -> None:
    by = gettext("It was done by %(email)s.") % {"email": actor.email} if actor else ""
    ask = gettext("If you did not expect this, speak with an administrator at once.")
    words = "\n\n".join(part for part in (sentence, by, ask) if part)
    context = {"subject": gettext("Something changed in who may enter the panel"), "words": words}
    outbox.queue(key=f"staff:{uuid.uuid4()}", template="staff_notice", to=email, context=context)
