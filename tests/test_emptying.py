"""A test with transactions of its own leaves nothing to the next, and takes nothing from it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from foundation.append_only import triggers
from supporters import consent, supporters
from supporters.models import ConsentEvent, Supporter


def empty() -> dict[str, int]:
    """As after such a test; how many rights each role has then."""
    call_command("flush", interactive=False, verbosity=0)
    assert not Supporter.objects.exists() and not ConsentEvent.objects.exists() and triggers.unguarded() == []
    return {group.name: group.permissions.count() for group in Group.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_it_leaves_no_row_and_makes_rights_again_only_where_one_was_changed(django_assert_max_num_queries):
    rights = empty()
    consent.record(supporters.get_or_create_supporter("ada@one.example"), "letters", True, "Yes please", "/subscribe/")
    with django_assert_max_num_queries(150):  # of which the triggers are most; what Django would make takes a thousand
        assert empty() == rights
    Group.objects.create(name="Guests").permissions.set(Permission.objects.all()[:3])
    Group.objects.get(name="Finance").permissions.clear()
    assert empty() == rights and rights["Finance"]
