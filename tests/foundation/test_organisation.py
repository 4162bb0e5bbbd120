"""Who we are, and the clone guard: a restored copy sends nothing until a person says so."""

from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from foundation.jobs import queue
from foundation.jobs.models import Job
from foundation.letters import outbox, writing
from foundation.letters.models import Letter
from foundation.organisation import clone_guard, mode
from foundation.organisation.models import Organisation, SiteIdentity

pytestmark = pytest.mark.django_db
LIVE = override_settings(SITE_MODE="live", BASE_URL="https://road.example.org")
COPY = override_settings(SITE_MODE="live", BASE_URL="https://copy.example.org")


def test_it_dates_in_the_organisations_own_zone() -> None:
    organisation = Organisation(time_zone="America/Los_Angeles")
    assert organisation.day_of(datetime(2027, 1, 1, 7, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert organisation.day_of(datetime(2027, 1, 1, 8, 0, tzinfo=UTC)) == date(2027, 1, 1)


def test_it_refuses_a_zone_that_does_not_exist() -> None:
    with pytest.raises(ValidationError):
        Organisation(time_zone="Mars/Olympus").full_clean()


@LIVE
def test_it_claims_the_first_address_and_account() -> None:
    clone_guard.check_account("acct_1")
    assert (SiteIdentity.objects.get().base_url, SiteIdentity.objects.get().stripe_account) == (
        "https://road.example.org",
        "acct_1",
    )
    clone_guard.check_account("acct_1")


def test_it_stops_at_another_address_until_a_person_claims_it() -> None:
    with LIVE:
        clone_guard.check_address()
    with COPY:
        with pytest.raises(clone_guard.WrongSiteError, match="claim_site"):
            clone_guard.check_address()
        assert "https://road.example.org" in SiteIdentity.objects.get().refused  # the panel shows it
        call_command("claim_site", verbosity=0)
        clone_guard.check_address()
        assert SiteIdentity.objects.get().refused == ""


@LIVE
def test_it_stops_at_another_stripe_account() -> None:
    clone_guard.check_account("acct_1")
    with pytest.raises(clone_guard.WrongSiteError, match="acct_1"):
        clone_guard.check_account("acct_2")
    with pytest.raises(clone_guard.WrongSiteError):
        clone_guard.check_account("acct_1/test")


@pytest.mark.parametrize("where", [LIVE, override_settings()], ids=["live", "demonstration"])
def test_it_holds_a_restored_copy_back_at_its_own_address_and_account_too(where: Any, mailoutbox: Any) -> None:
    with where:
        clone_guard.check_account("acct_1")
        clone_guard.restored(datetime(2026, 11, 29, 4, tzinfo=UTC))
        for check in (
            clone_guard.check_claimed,
            clone_guard.check_address,
            lambda: clone_guard.check_account("acct_1"),
        ):
            with pytest.raises(
                clone_guard.WrongSiteError, match=r"restored from a copy of 2026-11-29 04:00 UTC.*claim_site"
            ):
                check()
        assert "restored from a copy" in clone_guard.identity().refused
        outbox.enqueue("k", "receipt", "ada@donor.example", writing.Written("s", "t", "h"))
        queue.run_due()
        assert mailoutbox == []
        clone_guard.claim("acct_1")
        clone_guard.check_account("acct_1")
        assert clone_guard.identity().refused == "" and clone_guard.identity().copied_at is None


def test_it_neither_repeats_nor_forgets_what_waited_when_a_copy_was_made(mailoutbox: Any) -> None:
    outbox.enqueue("k", "receipt", "ada@donor.example", writing.Written("s", "t", "h"))
    assert outbox.doubt_what_waits() == 1
    queue.run_due()
    assert Letter.objects.get().state == Letter.State.UNSURE and mailoutbox == []


def test_it_lets_the_port_of_a_demonstration_change(settings: Any) -> None:
    settings.BASE_URL = "http://localhost:8000"
    clone_guard.check_account("acct_1")
    settings.BASE_URL = "http://localhost:8010"
    clone_guard.check_account("acct_1")
    with pytest.raises(clone_guard.WrongSiteError):
        clone_guard.check_account("acct_other")


def test_it_takes_the_copy_of_a_live_database_for_no_demonstration(settings: Any, mailoutbox: Any) -> None:
    """Started in the default mode, with the mail server set: the donors are real."""
    letter = outbox.enqueue(
        "k", "receipt", "ada@donor.example", writing.Written("Your gift", "Thank you.", "<p>Thank you.</p>")
    )
    SiteIdentity.objects.update_or_create(
        pk=1, defaults={"base_url": "https://give.charity.example", "stripe_account": "acct_1"}
    )
    with pytest.raises(clone_guard.WrongSiteError, match="demonstration"):
        clone_guard.check_account("acct_1")
    queue.run_due()
    letter.refresh_from_db()
    assert (letter.state, mailoutbox) == ("waiting", [])
    assert "give.charity.example" in clone_guard.identity().refused
    call_command("claim_site", stdout=StringIO())
    Job.objects.update(run_at=timezone.now())
    queue.run_due()
    assert len(mailoutbox) == 1 and clone_guard.identity().refused == ""


@pytest.mark.parametrize(
    ("key", "moves"), [("sk_test_1", False), ("rk_test_1", False), ("sk_live_1", True), ("rk_live_1", True)]
)
def test_it_knows_when_no_money_moves(settings: Any, key: str, moves: bool) -> None:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, key
    assert mode.no_money_moves() is not moves
