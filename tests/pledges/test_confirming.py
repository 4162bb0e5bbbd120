"""The mailed link: looking changes nothing, pressing counts once, and whatever is no link looks the same."""

import logging
import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.logs import OneLine
from foundation.access import tokens
from foundation.access.models import AccessLink
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from pledges import counting, pledging, views
from pledges.models import Pledge, Signature, SignatureEvent
from supporters.models import ConsentEvent, Supporter
from tests.pledges import driver

pytestmark = pytest.mark.finding
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


@pytest.fixture
def address(pledge: Pledge, client: Client) -> str:
    """The path of a link that waits to be pressed."""
    driver.sign(client, letters="on")
    return driver.link(driver.letters()[0])


@pytest.mark.both
def test_it_is_not_impressed_by_scanners(address: str, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(10):
            assert client.get(address).status_code == 200
            assert client.head(address).status_code == 200
            assert client.options(address).status_code in (200, 405)
    assert [query["sql"] for query in queries if query["sql"].lstrip().upper().startswith(WRITES)] == []
    assert Signature.objects.get().state == Signature.State.STARTED
    client.post(address)
    assert Signature.objects.get().state == Signature.State.CONFIRMED


def test_it_shows_the_same_page_however_often_it_is_pressed(address: str, client: Client) -> None:
    first = client.post(address, follow=True)
    second = client.post(address, follow=True)
    assert first.redirect_chain == second.redirect_chain
    assert first.content == second.content
    assert SignatureEvent.objects.count() == 1
    assert ConsentEvent.objects.count() == 1


@pytest.mark.parametrize(("page", "said"), [("/pledge/", "You signed the pledge"), ("/es/pledge/", "Usted firmó el")])
def test_it_welcomes_once_whoever_agreed_to_letters_in_the_language_of_the_page(
    page: str, said: str, pledge: Pledge, client: Client
) -> None:
    driver.sign(client, page, letters="on")
    driver.confirm(client)
    welcome = Letter.objects.get(template="welcome_pledge")
    heading = Signature.objects.get().text.heading
    assert said in welcome.text and heading in welcome.text and Organisation.load().name in welcome.text
    assert Supporter.objects.get().language == ("es" if "/es/" in page else "en")
    assert f"/{page.strip('/')}/\n" in welcome.text and welcome.stop_url in welcome.text
    assert not re.search("pledge|compromiso", welcome.subject, re.I)
    signature = Signature.objects.get()
    pledging.withdraw(signature)
    driver.sign(client, page, letters="on")
    driver.confirm(client)
    assert Signature.objects.count() == 2 and Letter.objects.filter(template="welcome_pledge").count() == 1


def test_it_welcomes_nobody_who_wants_no_letters(pledge: Pledge, client: Client) -> None:
    driver.sign(client)
    driver.confirm(client)
    assert Signature.objects.get().state == Signature.State.CONFIRMED
    assert not Letter.objects.filter(template="welcome_pledge").exists()


def test_it_hides_the_link_from_everybody_else(address: str, client: Client) -> None:
    token = address.split("/")[-2]
    waiting = client.get(address)
    assert waiting["Referrer-Policy"] == "same-origin"  # it holds a form
    done = client.post(address, follow=True)
    assert done["Referrer-Policy"] == "no-referrer"
    for page in (waiting, done):
        assert "no-store" in page["Cache-Control"]
        assert token not in page.content.decode()
        assert '<meta name="robots" content="noindex">' in page.content.decode()
    assert token not in str(AccessLink.objects.values_list())


def test_it_writes_no_live_link_into_the_log(address: str, caplog: pytest.LogCaptureFixture) -> None:
    """Django logs the path of what it refuses: a form without its token, a link that has ended."""
    token = address.split("/")[-2]
    with caplog.at_level(logging.INFO):
        assert Client(enforce_csrf_checks=True).post(address).status_code == 403
        Client().get(address)
        Client().post(address)
        with time_machine.travel(timezone.now() + timedelta(days=8)):
            assert Client().get(address).status_code == 410
    logged = "\n".join(OneLine().format(record) for record in caplog.records)
    assert "/pledge/confirm/…/" in logged
    assert token not in logged
    page = logging.LogRecord("x", logging.INFO, "", 0, "/the-problem/what-is-human-trafficking/ 404", None, None)
    assert "/what-is-human-trafficking/" in OneLine().format(page)


def _tampered(token: str) -> list[str]:
    return [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]


def test_it_opens_nothing_for_a_link_that_is_wrong_anywhere(address: str, client: Client) -> None:
    token = address.split("/")[-2]
    for wrong in [*_tampered(token), token.lower(), token[:-1], token + "A", "x", str(uuid.uuid4()), "%00", "é" * 50]:
        path = f"/pledge/confirm/{wrong}/"
        if path == address:
            continue
        assert client.get(path).status_code == 410
        assert client.post(path).status_code == 410
    assert Signature.objects.get().state == Signature.State.STARTED


def test_it_opens_nothing_for_a_link_to_another_door(pledge: Pledge, client: Client) -> None:
    driver.sign(client)
    signature = Signature.objects.get()
    token = tokens.make("supporter-sign-in", f"{signature.pk}:1", timedelta(hours=1))
    assert client.post(f"/pledge/confirm/{token}/").status_code == 410
    assert counting.confirmed(pledge) == 0


def _shown(client: Client, path: str) -> tuple[int, str]:
    page = client.get(path)
    text = page.content.decode()
    for hidden in driver.HIDDEN.finditer(text):
        text = text.replace(hidden[0], "")
    return page.status_code, text.replace(path, "")


def test_it_shows_an_ended_link_and_a_made_up_one_the_same_page(address: str, client: Client) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        ended = _shown(client, address)
        made_up = _shown(client, "/pledge/confirm/made-up/")
        assert ended == made_up
        assert ended[0] == 410
        assert client.post(address).status_code == 410
    assert Signature.objects.get().state == Signature.State.STARTED


def test_it_sends_a_new_letter_to_whom_the_old_one_went(address: str, client: Client) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        answer = client.post(f"{address}letter/")
        assert answer["Location"] == "/pledge/sent/"
        assert client.post("/pledge/confirm/made-up/letter/")["Location"] == "/pledge/sent/"
        second = driver.letters()[-1]
        assert Letter.objects.count() == 2
        client.post(driver.link(second))
    assert Signature.objects.get().state == Signature.State.CONFIRMED


def test_it_asks_for_a_new_letter_by_post_only_and_not_too_often(
    address: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SIGNERS", 20)
    assert client.get(f"{address}letter/").status_code == 405
    for _ in range(10):
        client.post(f"{address}letter/")
    assert len(driver.letters()) == 3
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine refills no bucket
        answers = [client.post(f"{address}letter/") for _ in range(21)]
    assert answers[-1].status_code == 429 and answers[-1]["Retry-After"] == "60"


def test_it_forgets_who_never_confirmed(address: str, client: Client) -> None:
    Signature.objects.update(signed_at=timezone.now() - timedelta(days=22))
    driver.sign(client, email="early@example.org")
    pledging.forget()
    assert list(Signature.objects.values_list("email", flat=True)) == ["early@example.org"]
    assert client.get(address).status_code == 410


def test_it_makes_no_supporter_and_no_consent_before_the_button(address: str, client: Client) -> None:
    client.get(address)
    assert not Supporter.objects.exists() and not ConsentEvent.objects.exists()


def test_it_records_no_consent_for_an_empty_box_and_takes_none_away(pledge: Pledge, client: Client) -> None:
    driver.sign(client)
    driver.confirm(client)
    assert Supporter.objects.count() == 1 and not ConsentEvent.objects.exists()


@pytest.mark.both
def test_it_numbers_signatures_and_never_gives_a_number_twice(pledge: Pledge, client: Client) -> None:
    for name in ("one", "two", "three"):
        driver.sign(client, email=f"{name}@example.org")
        driver.confirm(client, f"{name}@example.org")
    third = Signature.objects.get(email="three@example.org")
    assert third.number == 3
    assert pledging.withdraw(third) is True
    assert pledging.withdraw(third) is False
    assert counting.confirmed(pledge) == 2
    driver.sign(client, email="three@example.org")
    driver.confirm(client, "three@example.org")
    again = Signature.objects.confirmed().get(email="three@example.org")
    assert (again.number, counting.confirmed(pledge)) == (4, 3)
    assert [event.step for event in SignatureEvent.objects.order_by("id")] == [1, 1, 1, -1, 1]
    assert counting.proof(pledge).holds


def test_it_does_not_confirm_what_was_withdrawn_or_set_aside(address: str, pledge: Pledge, client: Client) -> None:
    pledging.set_aside(Signature.objects.get(), who="staff@example.org", note="test")
    assert client.post(address).status_code == 410
    assert counting.confirmed(pledge) == 0
    assert not SignatureEvent.objects.exists()  # it never counted, so there is nothing to take off


def test_it_proves_the_counter_each_day_and_says_when_it_is_wrong(address: str, pledge: Pledge, client: Client) -> None:
    client.post(address)
    counting.check()
    signature = Signature.objects.get()
    SignatureEvent.objects.create(pledge=pledge, signature=signature, step=1, total=7, why="confirmed", who="x")
    with pytest.raises(counting.CountIsWrongError, match="total=7, steps=2, rows=1"):
        counting.check()


def test_it_answers_the_counter_with_one_query_however_many_signed(
    address: str, pledge: Pledge, client: Client, django_assert_num_queries
) -> None:
    client.post(address)
    with django_assert_num_queries(1):
        assert counting.confirmed(pledge) == 1


def test_it_counts_nobody_because_a_machine_pressed_the_button(address: str, client: Client) -> None:
    """A program that checks mail opens the page, presses at once, and perhaps once more. A person reads first."""
    shown = client.get(address).context["opened"]
    for _ in range(2):
        asked = client.post(address, {"opened": shown})
        assert asked.status_code == 200
        assert "press once more" in asked.content.decode()
        assert asked.context["opened"] == shown  # who is asked again has been reading meanwhile
    assert client.post(address, {"opened": "made up"}).status_code == 200
    assert Signature.objects.get().state == Signature.State.STARTED
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        assert client.post(address, {"opened": shown}).status_code == 302
    assert Signature.objects.get().state == Signature.State.CONFIRMED


def way_back(letter: Letter) -> str:
    return re.search(r"/pledge/withdraw/[^/\s]+/", letter.text).group()


def test_it_takes_a_signature_back_by_one_button_from_its_letter(address: str, pledge: Pledge, client: Client) -> None:
    client.post(address)
    back = way_back(driver.letters()[-1])
    for _ in range(3):  # a mail scanner looks, and one presses at once
        shown = client.get(back).context["opened"]
        client.post(back, {"opened": shown})
    assert counting.confirmed(pledge) == 1
    with time_machine.travel(timezone.now() + timedelta(days=900)):  # the letter is old, and still does it
        for _ in range(2):
            assert client.post(back).status_code == 302
        assert "does not count any more" in client.get(back).content.decode()
    assert counting.confirmed(pledge) == 0
    assert Signature.objects.get().state == Signature.State.WITHDRAWN
    driver.sign(client)  # and its owner may sign again
    driver.confirm(client)
    assert counting.confirmed(pledge) == 1
    client.post(back)
    assert counting.confirmed(pledge) == 1  # the old letter is about the old signature


def test_it_forgets_a_signature_that_is_taken_back_before_it_counted(address: str, client: Client) -> None:
    back = way_back(driver.letters()[-1])
    client.post(back)
    assert not Signature.objects.exists()
    assert client.get(address).status_code == 410
    assert "does not count" in client.get(back).content.decode()


def test_it_says_in_the_second_letter_too_how_to_take_a_signature_back(address: str, client: Client) -> None:
    client.post(address)
    driver.sign(client)
    client.post(way_back(driver.letters()[-1]))
    assert Signature.objects.get().state == Signature.State.WITHDRAWN


@pytest.mark.parametrize("token", ["made-up", "ImFiYyI:x"])
def test_it_takes_nothing_back_by_a_made_up_link(token: str, address: str, client: Client) -> None:
    assert client.post(f"/pledge/withdraw/{token}/").status_code == 404
    assert Signature.objects.count() == 1
