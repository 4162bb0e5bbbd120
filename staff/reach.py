"""Against privilege escalation: nobody changes an account that may do more, and one administrator always stays."""

from typing import Any, NamedTuple

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from wagtail.models import GroupCollectionPermission, GroupPagePermission

from staff import factors
from staff.models import User

PLACED: Any = (GroupPagePermission, GroupCollectionPermission)
Places = set[tuple[int, str]]  # permission id, and the path of the branch of the tree that it holds for


class Rights(NamedTuple):
    """All permissions of a person or role, whether or not the account is active at present."""

    everywhere: set[int]
    pages: Places
    shelves: Places

    def cover(self, other: "Rights") -> bool:
        def within(mine: Places, theirs: Places) -> bool:
            return all(any(right == r and path.startswith(p) for r, p in mine) for right, path in theirs)

        return (
            other.everywhere <= self.everywhere
            and within(self.pages, other.pages)
            and within(self.shelves, other.shelves)
        )


def _rights(groups: QuerySet[Group], person: User | None = None) -> Rights:
    own = Q(user=person) if person else Q(pk__in=[])
    on_pages, on_shelves = (model.objects.filter(group__in=groups) for model in PLACED)
    return Rights(
        set(Permission.objects.filter(Q(group__in=groups) | own).values_list("pk", flat=True)),
        set(on_pages.values_list("permission_id", "page__path")),
        set(on_shelves.values_list("permission_id", "collection__path")),
    )


def of(person: User) -> Rights:
    return _rights(person.groups.all(), person)


def may_change(actor: User, person: User) -> bool:
    """Whether one may change, close, invite or delete the other: only with all the permissions that the other has."""
    return actor.is_superuser or (not person.is_superuser and of(actor).cover(of(person)))


def roles_to_give(actor: User) -> QuerySet[Group]:
    """Return the roles that this user may assign: nobody gives permissions that they do not have."""
    roles = Group.objects.order_by("name")
    if actor.is_superuser:
        return roles
    mine = of(actor)
    own = [role.pk for role in roles if mine.cover(_rights(Group.objects.filter(pk=role.pk)))]
    return roles.filter(pk__in=own)


def in_charge_without(*persons: User) -> bool:
    """Whether another administrator is left who can sign in: with a password and a second factor."""
    others = User.objects.in_charge().exclude(pk__in=[person.pk for person in persons])
    return any(other.has_usable_password() and factors.of(other).exists() for other in others)


def keep_somebody_in_charge() -> None:
    """Called last in a transaction that takes permissions away. Raises PermissionDenied, which rolls it back, when no
    administrator would be left. Row locks: two who close each other at the same moment come here one after the other.
    """
    known = User.objects.filter(Q(is_superuser=True) | Q(groups__name="Administrator")).values("pk")
    list(User.objects.select_for_update().filter(pk__in=known).order_by("pk").values_list("pk", flat=True))
    if not in_charge_without():
        raise PermissionDenied
