"""Prepared statements say what Django's own would: the same rows, and the same refusals."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from donations.models import Gift, LedgerEntry
from foundation.jobs.models import Job
from foundation.letters import outbox, writing
from foundation.letters.models import Letter
from foundation.prepared import commands, queries
from pledges.models import Pledge, PledgeText

pytestmark = [pytest.mark.django_db, pytest.mark.both]
State = Job.State
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def due(lane: str, now: datetime, least: int) -> QuerySet[Job]:
    late = Job.objects.filter(lane=lane, run_at__lte=now, attempts__gte=least, state=State.READY)
    return late.order_by("run_at", "id").defer("last_error")[:3]


def keyed(key: str) -> QuerySet[Job]:
    return Job.objects.filter(key=key)


def before_that_hour(now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(run_at__lte=now - timedelta(hours=1))


def with_its_gift(thing: str) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.select_related("gift").filter(stripe_object=thing)


def with_its_signed_pledge(slug: str) -> QuerySet[PledgeText]:
    return PledgeText.objects.select_related("pledge").filter(pledge__slug=slug).order_by("-version")


def counted(key: str) -> QuerySet[Job]:
    return Job.objects.filter(key=key).annotate(ones=Count("pk"))


def as_written(rows) -> list[dict]:
    return [{name: value for name, value in vars(row).items() if name != "_state"} for row in rows]


def jobs() -> None:
    for number in range(8):
        args = {"number": number, "name": "Zoë"}
        fields = {"lane": "main" if number % 2 else "slow", "attempts": number, "args": args}
        Job.objects.create(key=f"k{number}", kind="k", run_at=NOON + timedelta(minutes=number), **fields)


@pytest.mark.parametrize("lane", ["main", "slow", "none", "mark-0-of-a-prepared-query", "' OR 1=1 --"])
def test_it_reads_what_the_queryset_reads(lane) -> None:
    jobs()
    for now in (NOON, NOON + timedelta(minutes=5), NOON + timedelta(days=9000)):
        for least in (0, 3, 32101):
            rows = queries.rows(due, lane=lane, now=now, least=least)
            assert as_written(rows) == as_written(due(lane, now, least))
            assert all(not row._state.adding and row.last_error == "" for row in rows)


def test_it_asks_once_for_rows_and_not_again_for_what_was_left_out_unless_it_is_wanted() -> None:
    jobs()
    queries.rows(keyed, key="k1")
    with CaptureQueriesContext(connection) as asked:
        assert queries.first(keyed, key="k1").args == {"number": 1, "name": "Zoë"}
        assert queries.first(keyed, key="nothing") is None
    assert len(asked) == 2


def test_it_reads_a_row_with_the_one_that_it_points_at(django_assert_num_queries) -> None:
    for slug in ("one", "other"):
        pledge = Pledge.objects.create(slug=slug, title=slug.title(), minimum_age=18)
        for version in (1, 2):
            PledgeText.objects.create(pledge=pledge, version=version, text="We promise.")
    with django_assert_num_queries(1):
        rows = queries.rows(with_its_signed_pledge, slug="other")
        assert [(row.version, row.pledge.title, row.pledge.minimum_age) for row in rows] == [
            (2, "Other", 18),
            (1, "Other", 18),
        ]
    assert as_written(row.pledge for row in rows) == as_written([pledge, pledge])


def test_it_refuses_a_query_whose_values_do_not_stand_in_it_or_that_reads_what_may_be_missing() -> None:
    """A ledger entry need not have a gift; nothing that is computed stands in a row."""
    wrong = ((before_that_hour, {"now": NOON}), (with_its_gift, {"thing": "ch_1"}), (counted, {"key": "k1"}))
    for build, values in wrong:
        with pytest.raises(ValueError, match="prepared query"):
            queries.rows(build, **values)


def test_it_inserts_what_save_would_insert() -> None:
    fields = {"kind": "k", "lane": "main", "args": {"it's": ["ü", None, 1]}, "run_at": NOON, "lease_until": None}
    saved, new = Job(key="saved", **fields), Job(key="new", **fields)
    saved.save()
    assert commands.insert_new(new, "key") and new.pk == Job.objects.get(key="new").pk and not new._state.adding
    one, other = (as_written(Job.objects.filter(key=key))[0] for key in ("saved", "new"))
    assert {name for name in one if one[name] != other[name]} == {"id", "key", "created_at"}


def test_it_leaves_a_known_row_as_it_is_and_the_transaction_whole() -> None:
    jobs()
    again = Job(key="k1", kind="other", run_at=NOON)
    with transaction.atomic():
        assert not commands.insert_new(again, "key") and again.pk is None
        assert Job.objects.get(key="k1").kind == "k"
    assert Job.objects.count() == 8


def test_it_hides_no_other_refusal_of_the_database() -> None:
    """Only the named key may be known: money without a sign that fits, or another key twice, is refused aloud."""
    day = NOON.date()
    wrong = {"kind": "fee", "amount": 5, "currency": "USD", "occurred_at": NOON, "day": day, "livemode": False}
    with pytest.raises(IntegrityError), transaction.atomic():
        commands.insert_new(LedgerEntry(stripe_object="ch_1", **wrong), "stripe_object", "kind")
    wish = {"frequency": "once", "currency": "USD", "amount": 100, "total": 100, "livemode": False}
    Gift.objects.create(reference="AAAA-BBBB-CCCC", invoice_id="in_1", **wish)
    with pytest.raises(IntegrityError), transaction.atomic():
        commands.insert_new(Gift(reference="AAAA-BBBB-DDDD", invoice_id="in_1", **wish), "reference")


def test_it_changes_a_row_only_while_it_is_as_believed() -> None:
    jobs()
    job = Job.objects.get(key="k3")
    mine = {"pk": job.pk, "attempts": 3, "state": State.READY}
    assert commands.change(Job, mine, {"state": State.RUNNING, "attempts": 4, "lease_until": NOON}) == 1
    assert commands.change(Job, mine, {"state": State.DONE}) == 0
    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease_until) == (State.RUNNING, 4, NOON)
    assert Job.objects.exclude(pk=job.pk).filter(state=State.READY).count() == 7


def test_it_writes_one_letter_and_one_job_for_a_key() -> None:
    words = writing.Written("Subject", "Text", "<p>Text</p>")
    one = outbox.enqueue("a-letter", "receipt", "ada@donor.example", words)
    again = outbox.enqueue("a-letter", "receipt", "bob@donor.example", words)
    assert one.pk == again.pk and again.to == "ada@donor.example"
    assert Letter.objects.count() == Job.objects.filter(key=f"letter:{one.pk}").count() == 1
    assert one.created_at <= timezone.now()
