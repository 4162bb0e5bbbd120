"""The statement of a year to everybody: counted first, sent once to each, whatever dies in between."""

from datetime import date
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from donations.giving import offline
from donations.letters import papers, statements, year_end
from foundation.drawing import pdf
from foundation.jobs import queue
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from foundation.letters import resending
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from supporters.models import Supporter
from tests.donations.test_offline import entry, thing
from tests.drawing import reading
from tests.foundation.crowd import together

pytestmark = pytest.mark.django_db
YEAR = 2026


def gifts(people: int) -> None:
    """So many supporters with one cheque each; the letters of their receipts are out of the way."""
    for number in range(people):
        offline.record(entry(f"form-{number}", email=f"a{number}@donor.example", name=f"Ada {number}"))
    Letter.objects.all().delete()
    Job.objects.all().delete()


def run(*more: str, year: int = YEAR) -> str:
    out = StringIO()
    call_command("send_statements", "--year", str(year), *more, stdout=out)
    return out.getvalue()


def addressed() -> list[str]:
    return sorted(Letter.objects.filter(template="statement").values_list("to", flat=True))


def everybody(people: int) -> list[str]:
    return sorted(f"a{number}@donor.example" for number in range(people))


def test_it_only_counts_unless_it_is_told_to_send(charity):
    gifts(3)
    assert "3 statements, 0 written already, 3 to write" in run()
    assert not Letter.objects.exists() and not Job.objects.exists()


def test_it_writes_to_everybody_who_gave_in_that_year_and_to_nobody_else(charity):
    gifts(2)
    offline.record(entry("before", email="before@donor.example", received_on=date(2025, 12, 31)))
    offline.take_back(offline.record(entry("back", email="back@donor.example")))
    offline.record(entry("nobody", email=""))
    offline.record(thing("chairs", email="chairs@donor.example"))
    erased = offline.record(entry("erased", email="erased@donor.example")).supporter
    Supporter.objects.filter(pk=erased.pk).update(email="")
    run("--send")
    assert addressed() == [*everybody(2), "chairs@donor.example"]
    assert "3 statements, 3 written already, 0 to write" in run()


def test_it_says_each_gift_and_the_sum_under_a_subject_that_tells_nobody_what_it_is_about(charity):
    gifts(1)
    offline.record(entry("second", email="a0@donor.example", amount=5_000, received_on=date(2026, 5, 9)))
    run("--send")
    letter = Letter.objects.get(template="statement")
    assert letter.subject.endswith("Your statement for 2026")  # before it stands that this is a demonstration
    for word in ("gift", "donat", "traffick", "Road Out", "125"):
        assert word not in letter.subject
    for fact in (
        "1 March 2026",
        "$125.00 USD",
        "9 May 2026",
        "$50.00 USD",
        "Total: $175.00 USD",
        "No goods or services",
    ):
        assert fact in letter.text, fact


def test_it_says_in_the_letter_what_the_file_says_also_of_a_gift_in_kind(charity):
    gifts(1)
    offline.record(thing("chairs", email="a0@donor.example"))
    run("--send")
    text = Letter.objects.get(template="statement").text
    supporter = Supporter.objects.get(email="a0@donor.example")
    printed = reading.text(papers.statement(statements.of(supporter.pk, YEAR)).content)
    for row in statements.of(supporter.pk, YEAR).parts[0].rows:
        for fact in (row.day_text, row.amount, row.description or row.how, row.receipt):
            assert fact in text and reading.squeezed(fact) in printed, fact
    assert "Forty folding chairs, used" in text and "We state no value for it." in text


def test_it_mails_the_statement_as_an_attached_file(charity):
    gifts(1)
    run("--send")
    run_due()
    (message,) = mail.outbox
    (attached,) = message.attachments
    assert attached[0] == "statement-2026.pdf" and attached[1].startswith(b"%PDF-")


def test_it_promises_no_attached_file_and_says_where_one_is(charity, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no typefaces")

    monkeypatch.setattr(pdf, "draw", broken)
    gifts(1)
    run("--send")
    run_due()
    (message,) = mail.outbox
    assert message.attachments == [] and "attached" not in message.body
    assert "The same as a PDF" in message.body and "/my/" in message.body


def test_it_mails_nobody_twice_however_often_it_runs(charity):
    gifts(3)
    run("--send")
    run_due()
    run("--send")
    year_end.start(YEAR)
    run_due()
    assert sorted(message.to[0] for message in mail.outbox) == everybody(3)
    assert year_end.progress(YEAR) == year_end.Progress(YEAR, 3, 3, 3, running=False)


def test_it_counts_no_statement_twice_that_was_sent_again(charity):
    gifts(2)
    run("--send")
    run_due()
    resending.resend(Letter.objects.filter(template="statement").earliest("pk"))
    run_due()
    assert Letter.objects.filter(template="statement", state="sent").count() == 3
    assert year_end.progress(YEAR) == year_end.Progress(YEAR, 2, 2, 2, running=False)


def test_it_goes_on_where_it_was_killed(charity, monkeypatch):
    gifts(5)
    write = year_end._write
    died: list[bool] = []

    def dies_at_the_third(supporter, year):
        if len(addressed()) == 2 and not died:
            died.append(True)
            raise SystemExit  # as a kill would: no handler catches it
        write(supporter, year)

    monkeypatch.setattr(year_end, "_write", dies_at_the_third)
    with pytest.raises(SystemExit):
        run("--send")
    assert len(addressed()) == 2 and "2 written already, 3 to write" in run()
    run("--send")
    assert addressed() == everybody(5)


def test_it_goes_on_when_the_worker_is_killed_in_a_step(charity, monkeypatch):
    gifts(5)
    monkeypatch.setattr(year_end, "STEP", 2)
    year_end.start(YEAR)
    first = queue.claim()
    assert first is not None
    year_end.write(YEAR)  # the step wrote its letters, and its worker died before it said so
    Job.objects.filter(pk=first.pk).update(lease_until=first.run_at)
    assert year_end.progress(YEAR).running
    run_due()
    assert addressed() == everybody(5) and not year_end.progress(YEAR).running


def test_it_writes_to_those_who_were_left_out_when_it_runs_again(charity):
    gifts(2)
    run("--send")
    offline.record(entry("late", email="late@donor.example"))
    assert "3 statements, 2 written already, 1 to write" in run()
    run("--send")
    assert addressed() == [*everybody(2), "late@donor.example"]


def test_it_is_one_run_when_it_is_started_twice(charity):
    gifts(2)
    assert year_end.start(YEAR) and not year_end.start(YEAR)
    assert Job.objects.filter(kind=year_end.KIND).count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_mails_nobody_twice_when_runs_go_at_the_same_moment(charity):
    gifts(6)
    together(4, lambda _number: year_end.write(YEAR))
    together(4, lambda _number: year_end.start(YEAR))
    assert Job.objects.filter(kind=year_end.KIND).count() == 1
    assert addressed() == everybody(6)
    run_due()
    assert sorted(message.to[0] for message in mail.outbox) == everybody(6)


def test_it_sends_no_statement_of_a_year_that_still_runs(charity, settings):
    gifts(1)
    settings.STRIPE_OFFLINE = False
    settings.STRIPE_SECRET_KEY = "sk_live_of_these_tests"
    settings.SITE_MODE = "live"
    this_year = Organisation.load().today().year
    with pytest.raises(CommandError, match="not ended"):
        run("--send", year=this_year)
    with pytest.raises(year_end.TooEarlyError):
        year_end.start(this_year)
    year_end.check(this_year - 1)


@pytest.mark.parametrize("year", [0, -1, 10_000])
def test_it_says_of_what_is_no_year_that_it_is_none(charity, year):
    with pytest.raises(CommandError, match="is no year"):
        run(f"--year={year}")


def test_it_keeps_demonstrations_and_real_years_apart(charity, settings):
    gifts(1)
    run("--send")
    assert Letter.objects.get().key.startswith("statement:demo:2026:")
    settings.STRIPE_OFFLINE = False
    settings.STRIPE_SECRET_KEY = "sk_live_of_these_tests"
    settings.SITE_MODE = "live"
    assert statements.receivers(YEAR).count() == 0, "receipts of a demonstration are none"
