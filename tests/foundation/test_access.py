"""Who may ask how often, from where, with which form and which link."""

import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django import forms
from django.http import QueryDict
from django.test import RequestFactory, override_settings
from django.utils import timezone

from foundation.access import antispam, client_ip, mistyped_email, ratelimit, tokens
from foundation.access.models import AccessLink, TokenBucket
from foundation.prepared import steps
from foundation.prepared.steps import Step
from tests.foundation.crowd import together
from tests.foundation.slips import NEAR

db = pytest.mark.django_db


# --- limits -----------------------------------------------------------------------------------------------


@pytest.mark.finding
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("asks", [100])
def test_it_gives_a_crowd_no_more_than_the_bucket_holds(asks: int) -> None:
    answers = together(asks, lambda number: ratelimit.allow("test", "crowd", 10, 24 * 3600))
    assert answers.count(True) == 10


@db
def test_it_refills_evenly_and_never_above_the_brim() -> None:
    with time_machine.travel(0, tick=False) as clock:
        assert [ratelimit.allow("test", "ada", 3, 60) for _ in range(4)] == [True, True, True, False]
        clock.move_to(19)
        assert not ratelimit.allow("test", "ada", 3, 60)
        clock.move_to(20.1)
        assert ratelimit.allow("test", "ada", 3, 60)
        assert not ratelimit.allow("test", "ada", 3, 60)
        clock.move_to(10_000)
        assert [ratelimit.allow("test", "ada", 3, 60) for _ in range(4)] == [True, True, True, False]


@db
def test_it_is_not_refilled_by_a_clock_that_runs_backwards() -> None:
    """Nor by a request that read the clock early and got its turn late."""
    with time_machine.travel(10_000, tick=False) as clock:
        taken = 0
        for moment in (10_000, 9_000) * 10:
            clock.move_to(moment)
            taken += ratelimit.allow("test", "ada", 3, 60)
        assert taken == 3


@db
def test_it_forgets_a_clock_that_was_days_ahead_and_was_put_right() -> None:
    with time_machine.travel(10 * 24 * 3600, tick=False) as clock:
        assert [ratelimit.allow("test", "ada", 3, 60) for _ in range(4)] == [True, True, True, False]
        clock.move_to(7 * 24 * 3600)
        assert [ratelimit.allow("test", "ada", 3, 60) for _ in range(4)] == [True, True, True, False]
        clock.shift(20.1)
        assert [ratelimit.allow("test", "ada", 3, 60) for _ in range(2)] == [True, False]


@db
@pytest.mark.usefixtures("stopped")
def test_it_keeps_people_and_actions_apart_and_writes_nobody_down() -> None:
    assert ratelimit.allow("pledge", "ada@example.org", 1, 60)
    assert ratelimit.allow("give", "ada@example.org", 1, 60)
    assert ratelimit.allow("pledge", "grace@example.org", 1, 60)
    assert not ratelimit.allow("pledge", "ada@example.org", 1, 60)
    assert "@" not in str(TokenBucket.objects.values_list())


@pytest.mark.both
@db
@pytest.mark.usefixtures("stopped")
def test_it_takes_from_several_limits_in_turn_and_nothing_behind_the_one_that_is_empty() -> None:
    def limit(who: str, capacity: int) -> Step:
        return ratelimit.step(ratelimit.Limit("test", who, capacity, 60))

    def taken() -> int:
        return steps.run(limit("hall", 4), limit("ada", 2), limit("all", 9))

    assert [taken() for _ in range(6)] == [3, 3, 1, 1, 0, 0]
    assert sorted(TokenBucket.objects.values_list("tokens", flat=True)) == [0, 0, 9 - 2]
    assert steps.run(limit("all", 9), limit("closed", 0), limit("new", 9)) == 1 and not steps.run(limit("closed", 0))
    assert sorted(TokenBucket.objects.values_list("tokens", flat=True)) == [0, 0, 9 - 3]


@db
def test_it_forgets_buckets_that_nobody_touched() -> None:
    ratelimit.allow("test", "old", 1, 60)
    TokenBucket.objects.update(filled_at=time.time() - 3 * 86400)
    ratelimit.allow("test", "new", 1, 60)
    ratelimit.sweep()
    assert TokenBucket.objects.count() == 1


# --- address ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (1, "203.0.113.7:5678", "203.0.113.7"),
        (1, "[2001:db8::7]:5678", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (0, "203.0.113.9", "192.0.2.1"),  # nobody vouches for the header
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # the left one is the client's own claim
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),  # fewer hops than proxies: nobody wrote it whom we trust
        (1, "nonsense", "0.0.0.0"),
        (1, "", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_it_believes_only_our_own_proxies(proxies: int, forwarded: str, found: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": forwarded})
    with override_settings(TRUSTED_PROXIES=proxies):
        assert client_ip.of(request) == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:DB8:1:2::1", "2001:db8:1:2::9", True),
    ],
)
def test_it_takes_a_household_of_ipv6_for_one(one: str, other: str, same: bool) -> None:
    assert (client_ip.block(one) == client_ip.block(other)) is same


# --- guard ------------------------------------------------------------------------------------------------


def _form(**data: str) -> antispam.GuardedForm:
    query = QueryDict(mutable=True)
    query.update(data)
    return antispam.GuardedForm(query)


def _opened(ago: float) -> str:
    with time_machine.travel(time.time() - ago):
        return antispam.stamp()


def test_it_takes_a_form_that_a_person_filled() -> None:
    assert _form(opened=_opened(5)).is_valid()
    assert _form(opened=_opened(23 * 3600)).is_valid()


def test_it_doubts_nobody_for_being_fast() -> None:
    with time_machine.travel(1_000_000, tick=False):
        assert _form(opened=antispam.stamp()).is_valid()


@pytest.mark.parametrize(
    "opened", ["", "garbage", "1700000000", _opened(25 * 3600)], ids=["none", "garbage", "unsigned", "a day old"]
)
def test_it_shows_a_stale_or_forged_form_again_with_a_fresh_time(opened: str) -> None:
    form = _form(opened=opened)
    assert form.has_error("__all__", "stale")
    fresh = form["opened"].value()
    with time_machine.travel(time.time() + 3):
        assert _form(opened=fresh).is_valid()


def test_it_asks_once_and_takes_what_a_manager_of_passwords_fills_again_and_again() -> None:
    form = _form(opened=_opened(5), spare="https://spam.example")
    assert form.has_error("__all__", "trap")
    assert form["spare"].value() == ""
    assert _form(opened=form["opened"].value(), spare="https://spam.example").is_valid()


def test_it_never_doubts_a_form_that_came_back_filled() -> None:
    form = _form(opened=_opened(5))
    assert form.is_valid()  # and is shown again all the same, because something else asks for it
    assert _form(opened=form["opened"].value(), spare="filled meanwhile").is_valid()


def test_it_stamps_each_form_that_it_shows() -> None:
    assert antispam.GuardedForm()["opened"].value()


# --- links ------------------------------------------------------------------------------------------------


@db
def test_it_opens_its_own_door_only_and_keeps_no_token() -> None:
    token = tokens.make("confirm", "7", timedelta(days=1))
    found = tokens.find(token, "confirm")
    assert found is not None and found.subject == "7"
    assert tokens.find(token, "sign-in") is None
    assert tokens.find(token[:-1], "confirm") is None
    assert token not in str(AccessLink.objects.values_list())
    assert len(token) >= 32


@db
def test_it_ends_at_its_time() -> None:
    token = tokens.make("confirm", "7", timedelta(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert tokens.find(token, "confirm") is None
        assert tokens.find(token, "confirm", expired_too=True) is not None
        assert tokens.find(token, "sign-in", expired_too=True) is None


@pytest.mark.finding
@pytest.mark.django_db(transaction=True)
def test_it_is_first_used_by_one_of_many() -> None:
    link = tokens.find(tokens.make("confirm", "7", timedelta(days=1)), "confirm")
    assert link is not None
    assert together(20, lambda number: tokens.use(link)).count(True) == 1
    found = AccessLink.objects.get()
    assert found.used_at is not None


@db
def test_it_is_found_after_use_so_that_pressing_twice_is_fine() -> None:
    token = tokens.make("confirm", "7", timedelta(days=1))
    link = tokens.find(token, "confirm")
    assert link is not None and tokens.use(link) and not tokens.use(link)
    assert tokens.find(token, "confirm") is not None


@db
def test_it_forgets_links_a_month_after_they_ended() -> None:
    tokens.make("confirm", "old", timedelta(days=-31))
    tokens.make("confirm", "ended", timedelta(days=-1))
    tokens.sweep()
    assert AccessLink.objects.get().subject == "ended"


class Ask(antispam.GuardedForm):
    email = forms.EmailField()


def sent_once(**typed: str) -> Ask:
    form = Ask(QueryDict(urlencode({"opened": antispam.stamp(), **typed})))
    form.is_valid()
    return form


def test_it_asks_once_whether_another_address_was_meant_and_takes_what_is_sent_again() -> None:
    first = sent_once(email="jo@gmial.com")
    assert [error.code for error in first.errors.as_data()["email"]] == ["near"]
    assert "jo@gmail.com" in str(first.errors) and first.meant == "jo@gmail.com"
    assert sent_once(email="jo@gmial.com", opened=first.data["opened"]).cleaned_data["email"] == "jo@gmial.com"
    other = sent_once(email="jo@hotmial.com", opened=first.data["opened"])
    assert other.meant == "jo@hotmail.com"
    assert sent_once(email="jo@gmial.com", sure="jo@gmial.com").errors == {}
    mended = sent_once(email="jo@gmial.com", mend="jo@gmail.com")
    assert mended.errors == {} and mended.cleaned_data["email"] == "jo@gmail.com"


@pytest.mark.parametrize(("typed", "meant"), NEAR.items())
def test_it_knows_a_slip_in_the_host_and_leaves_real_hosts_alone(typed: str, meant: str) -> None:
    assert mistyped_email.meant(typed) == meant
