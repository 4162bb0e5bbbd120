"""The way of a signature: read, sign, look in the inbox, press, count."""

from django.test import Client

from pledges import counting, wording
from pledges.models import Pledge, Signature
from supporters import consent, news
from supporters.models import ConsentEvent, Supporter
from tests.pledges import driver


def test_it_counts_a_signature_once_its_owner_pressed_the_link(pledge: Pledge) -> None:
    client = Client(enforce_csrf_checks=True)
    assert "Be among the first to sign." in client.get("/pledge/").content.decode()

    answer = driver.sign(client, letters="on")
    assert (answer.status_code, answer["Location"]) == (302, "/pledge/sent/")
    assert "Look in your inbox" in client.get("/pledge/sent/").content.decode()
    assert counting.confirmed(pledge) == 0
    assert not Supporter.objects.exists()

    (letter,) = driver.letters()
    assert letter.template == "pledge_confirm"
    assert f"“{pledge.newest_text.heading}” of The Road Out" in letter.text
    assert "RECEIPT" not in letter.text and "no money moves" in letter.text  # in a demonstration
    address = driver.link(letter)
    page = client.get(address).content.decode()
    assert "Ada Example" in page and "United Kingdom" in page
    assert Signature.objects.get().state == Signature.State.STARTED

    token = driver.hidden_fields(client, address)["csrfmiddlewaretoken"]
    answer = client.post(address, {"csrfmiddlewaretoken": token})
    assert (answer.status_code, answer["Location"]) == (302, address)
    done = client.get(address).content.decode()
    assert "Thank you. You have signed." in done
    assert '<strong class="num">1</strong>' in done
    assert "<bdi>Ada Example</bdi>" in done and "Print this page" in done  # the certificate, on their own page
    assert "has signed" not in client.get("/pledge/").content.decode()  # a small number invites nobody
    Pledge.objects.update(count_from=1)
    assert "1 person has signed." in client.get("/pledge/").content.decode()

    supporter = Supporter.objects.get()
    assert (supporter.name, supporter.email, supporter.country) == ("Ada Example", "ada@example.org", "GB")
    assert news.wants(supporter, ConsentEvent.Purpose.LETTERS)
    event = ConsentEvent.objects.get()
    assert event.wording == consent.wording(ConsentEvent.Purpose.LETTERS)
    assert (event.where, event.method, event.locale) == ("/pledge/", "confirmed", "en")
    assert event.asked_at < event.at


def test_it_answers_a_second_signing_with_a_letter_that_says_so(pledge: Pledge, client: Client) -> None:
    driver.sign(client, email="a.d.a@gmail.com")
    driver.confirm(client, "a.d.a@gmail.com")

    answer = driver.sign(client, email="ADA+again@googlemail.com", name="Somebody Else")
    assert (answer.status_code, answer["Location"]) == (302, "/pledge/sent/")
    (again,) = driver.letters("ADA+again@googlemail.com")
    assert again.template == "pledge_confirmed_before"
    assert not driver.LINK.search(again.text)
    assert counting.confirmed(pledge) == 1
    signature = Signature.objects.get()
    assert (signature.name, signature.email) == ("Ada Example", "a.d.a@gmail.com")
    assert Supporter.objects.get().email == "a.d.a@gmail.com"


def test_it_sends_the_link_again_to_somebody_who_waits(pledge: Pledge, client: Client) -> None:
    driver.sign(client)
    driver.sign(client)
    first, second = driver.letters()
    assert first.template == second.template == "pledge_confirm"
    # Nothing was typed differently, so both links work, and whichever comes first counts.
    client.post(driver.link(first))
    client.post(driver.link(second))
    assert counting.confirmed(pledge) == 1
    assert Signature.objects.count() == 1


def test_it_confirms_what_the_letters_reader_typed_and_nothing_typed_later(pledge: Pledge, client: Client) -> None:
    """Somebody else signs with Ada's address before she presses her link: her link does not confirm their words."""
    driver.sign(client)
    driver.letters()
    driver.sign(client, name="Not Ada", letters="on")
    hers, theirs = driver.letters()
    assert client.post(driver.link(hers)).status_code == 410
    assert counting.confirmed(pledge) == 0
    assert "Not Ada" in client.get(driver.link(theirs)).content.decode()  # she sees what it would confirm


def test_it_signs_other_pledges_at_their_own_addresses(pledge: Pledge, client: Client) -> None:
    other = Pledge.objects.create(slug="schools", title="For schools")
    assert client.get("/pledge/schools/").status_code == 404  # there is nothing to read yet
    wording.publish(other, "* We promise.")
    driver.sign(client, "/pledge/schools/")
    driver.confirm(client)
    assert (counting.confirmed(pledge), counting.confirmed(other)) == (0, 1)
    assert client.get("/pledge/abolitionist/")["Location"] == "/pledge/"
    assert client.get("/pledge/nothing/").status_code == 404
