"""A few seeds of each drill; what takes minutes is marked `long`. At length: script/drill (docs/drills.md)."""

import socket
from collections.abc import Iterator

import pytest

from tests import clock, lacking
from tests.drills import backlog, burst, cluster, copies, failpoints, killing, letting_go, outages, statements, together
from tests.drills.mail_server import MailServer
from tests.drills.site import GIVING, DrillSite
from tests.drills.story import Story
from tests.drills.yard import Yard, yard

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def ground() -> Iterator[Yard]:
    with clock.today(), yard(rows=GIVING) as place:  # before a site is made for the whole module
        yield place


@pytest.fixture(scope="module")
def site(ground: Yard) -> Iterator[DrillSite]:
    """One site for the drills that leave the clock at Stripe alone: its books go on from drill to drill."""
    with ground.site(seed=1) as made:
        yield made


@pytest.mark.parametrize("name", failpoints.POINTS)
def test_it_loses_nothing_when_a_process_dies_at_the_worst_moment(site, name):
    killing.at_a_point(site, name)


def test_it_loses_nothing_when_workers_die_at_random(site):
    killing.at_random(site, times=3)


def test_it_books_once_what_two_workers_and_two_comparisons_find(site):
    together.two_of_each(site, gifts=3)


def test_it_books_while_the_mail_server_is_away_and_mails_everybody_once_afterwards(site):
    letting_go.mail_is_away(site, gifts=1)


@pytest.mark.long
def test_it_mails_the_others_when_the_mail_server_refuses_one(ground):
    with ground.site(seed=1) as site:
        letting_go.mail_refuses_one(site, gifts=2)


@pytest.mark.long
def test_it_leaves_no_letter_in_doubt_when_it_is_stopped_under_load(ground):
    with ground.site(seed=1) as site:
        letting_go.stopped_under_load(site, times=1)


def test_its_mail_server_delivers_no_message_whose_sender_died_before_its_end():
    mail = MailServer()
    try:
        for sent in (b"", b"X-Letter: a\r\n\r\nhalf", b"X-Letter: b\r\n\r\nwhole\r\n.\r\n"):
            with socket.create_connection(("127.0.0.1", mail.port)) as line, line.makefile("rb") as said:
                line.sendall(b"DATA\r\n" + sent)
                line.shutdown(socket.SHUT_WR)
                said.read()  # until it has hung up
        assert mail.letters == {"b": 1}
    finally:
        mail.stop()


def test_it_reports_what_was_injected_and_what_was_checked(site):
    drill = site.report.begin("kills")
    killing.at_random(site, times=1)
    drill.failed = "FAILED: a reason"
    told = site.report.text()
    assert drill.injected["kill -9 of a worker"] == 1 and drill.checked["letters that the mail server got once"]
    assert "kills: FAILED: a reason" in told and "1 × kill -9 of a worker" in told


def test_it_comes_back_from_a_copy_with_stripes_books(ground):
    with ground.site(seed=1) as site, ground.empty(site) as (place, env):
        copies.come_back(site, place, env, gifts=2)


def test_it_mails_everybody_one_statement_when_the_run_dies_twice(ground):
    with ground.site(seed=1) as site:
        statements.killed_twice(site, donors=6)


def test_it_drains_a_backlog_that_two_workers_share_when_one_is_killed(site):
    backlog.drained(site, events=40, gifts=1)


@pytest.mark.long
def test_it_catches_up_when_stripe_was_down_for_an_hour(site):
    outages.stripe_is_down(site, gifts=1, steps=2)


@pytest.mark.long
def test_it_has_stripes_books_after_a_story_of_real_processes(ground):
    with ground.site(seed=7) as site:
        Story(site).tell(60)


@pytest.mark.long
@pytest.mark.parametrize("way", ["fifty addresses of one network", "fifty networks", "forged X-Forwarded-For"])
def test_it_limits_payment_pages_in_a_burst_while_an_honest_donor_gives(ground, way):
    with ground.site(seed=1) as site:
        burst.cards_are_tried(site, way, posts=60)


@pytest.mark.long
def test_it_makes_one_page_of_one_form_that_is_sent_to_four_processes_at_once(ground):
    with ground.site(seed=1) as site:
        burst.one_form_is_sent(site, posts=60)


@pytest.mark.parametrize(
    ("fault", "found"), [("refund_is_ignored", "at Stripe"), ("letter_goes_twice", "mailed twice")]
)
def test_a_drill_finds_a_planted_fault(ground, fault, found):
    with ground.site(seed=1, PLANT=fault) as site, pytest.raises(AssertionError, match=found):
        together.two_of_each(site, gifts=1)


def test_a_drill_finds_that_a_letter_is_lost(ground):
    with ground.site(seed=1, PLANT="letter_is_lost") as site, pytest.raises(AssertionError, match="nobody was told"):
        killing.at_random(site, times=1)


@pytest.mark.long
def test_a_burst_finds_that_the_limit_is_gone(ground):
    with ground.site(seed=1, PLANT="no_limit_of_pages") as site, pytest.raises(AssertionError, match="the limit is"):
        burst.cards_are_tried(site, "one address", posts=60)


def test_it_goes_on_when_the_database_was_stopped_at_once(ground):
    if why := cluster.why_not():
        lacking.skip(why)
    with ground.site_on_cluster(seed=2) as (site, server):
        outages.database_stops(site, server, times=1)


def test_it_keeps_nothing_half_when_the_disk_is_full(ground):
    with ground.site_on_narrow_disk(seed=3) as (site, disk):
        outages.disk_fills(site, disk, gifts=2)
