"""The database refuses to change what only grows, whoever asks."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from donations.books import audit
from donations.models import LedgerEntry
from foundation.append_only import triggers
from foundation.append_only.models import AppendOnlyError
from supporters import consent, supporters
from supporters.models import ConsentEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> LedgerEntry:
    now = timezone.now()
    return LedgerEntry.objects.create(
        stripe_object="txn_1",
        kind="stripe_fee",
        amount=-5,
        currency="USD",
        occurred_at=now,
        day=now.date(),
        livemode=False,
    )


def sql(words: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(words)


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE donations_ledgerentry SET amount = 0",
        "UPDATE donations_ledgerentry SET gift_id = NULL",
        "DELETE FROM donations_ledgerentry",
    ],
)
def test_it_refuses_what_goes_past_django(entry, words):
    with pytest.raises(DatabaseError, match="only grows"):
        sql(words)
    assert LedgerEntry.objects.get().amount == -5


def test_it_refuses_to_empty_the_table(entry):
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="only grows"):
            sql("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE donations_ledgerentry CASCADE")
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        LedgerEntry._base_manager.all()._raw_delete("default")
    assert LedgerEntry.objects.exists()


def test_it_guards_every_table_of_that_kind():
    guarded = {model._meta.label for model in triggers.tables()}
    assert {"donations.LedgerEntry", "donations.Receipt", "supporters.ConsentEvent"} <= guarded
    assert {"pledges.PledgeText", "pledges.SignatureEvent"} <= guarded
    assert triggers.unguarded() == []


def test_it_names_a_table_that_lost_its_guard_until_the_next_migrate():
    name = "donations_ledgerentry_no_update"
    on = " ON donations_ledgerentry" if connection.vendor == "postgresql" else ""
    sql(f"DROP TRIGGER {name}{on}")
    assert list(audit.guards()) == ["table donations_ledgerentry: rows can be changed; run manage.py migrate"]
    triggers.install()
    assert list(audit.guards()) == []


@pytest.mark.django_db(transaction=True)
def test_it_sets_the_guard_again_with_every_migrate():
    triggers.remove()
    call_command("migrate", verbosity=0)
    assert triggers.unguarded() == []


def test_it_lets_a_row_follow_its_person_and_nothing_else():
    one, other = (
        supporters.get_or_create_supporter("a@one.example"),
        supporters.get_or_create_supporter("a@other.example"),
    )
    event = consent.record(one, "letters", True, "Yes please", "/subscribe/")
    event.move_to(supporter=other)
    assert ConsentEvent.objects.get().supporter == other
    with pytest.raises(AppendOnlyError):
        event.move_to(wording="No")  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="only grows"):
        sql("UPDATE supporters_consentevent SET wording = 'No'")
