"""What staff see and may do: read signatures, change a pledge, set a false signature aside. Nothing else."""

import pytest
from django.test import Client
from django.urls import reverse

from foundation.letters.models import Letter
from pledges import counting, starter, wording
from pledges.models import Pledge, PledgeText, Signature, SignatureEvent
from supporters.models import ConsentEvent, Supporter
from tests.pledges import driver
from tests.staff.users import member, sign_in

EVIL = "=HYPERLINK(A1)<script>alert(1)</script>"


@pytest.fixture
def care(pledge: Pledge) -> Client:
    """Donor care, signed in; one signature has been confirmed."""
    visitor = Client()
    driver.sign(visitor, name=EVIL, letters="on")
    driver.confirm(visitor)
    return sign_in(Client(), member("Donor care"))


@pytest.fixture
def boss(care: Client) -> Client:
    return sign_in(Client(), member("Administrator"))


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def test_it_lists_and_finds_signatures(care: Client) -> None:
    driver.sign(Client(), email="grace@example.org", name="Grace")
    everything = page(care, "signature:index")
    assert "Grace" in everything and "ada@example.org" in everything
    assert "<script>alert" not in everything
    found = page(care, "signature:index_results", q="grace")
    assert "Grace" in found and "ada@example.org" not in found
    confirmed = page(care, "signature:index_results", state="confirmed")
    assert "Grace" not in confirmed and "ada@example.org" in confirmed


def test_it_shows_a_signature_with_its_steps(care: Client) -> None:
    signature = Signature.objects.get()
    detail = page(care, "signature:inspect", signature.pk)
    assert "ada@example.org" in detail and "<script>alert" not in detail
    assert str(signature.public_id) in detail
    assert "may send me letters" in detail
    assert "16 or over" in detail and ">16<" not in "".join(detail.split())  # nobody said a number of years


def test_it_lists_and_shows_supporters_and_consent(care: Client) -> None:
    assert "ada@example.org" in page(care, "supporter:index", q="ada")
    assert "ada@example.org" in page(care, "supporter:inspect", Supporter.objects.get().pk)
    event = ConsentEvent.objects.get()
    assert "letters by e-mail" in page(care, "consentevent:index")
    detail = page(care, "consentevent:inspect", event.pk)
    assert event.wording_sha256 in detail and "confirmed by a mailed link" in detail


def test_it_lets_the_administrator_see_texts_and_steps(boss: Client) -> None:
    assert "sample" in page(boss, "pledgetext:index").lower()
    assert "confirmed" in page(boss, "signatureevent:index")


@pytest.mark.parametrize("name", ["signature", "supporter", "consentevent", "signatureevent", "pledgetext"])
def test_it_has_no_address_that_changes_rows(boss: Client, name: str) -> None:
    base = reverse(f"{name}:index")
    for path in ("new/", "edit/1/", "delete/1/", "copy/1/"):
        assert boss.get(base + path).status_code == 404


@pytest.mark.parametrize("role", ["Editor", "Finance"])
def test_it_shows_people_to_nobody_who_does_not_care_for_them(care: Client, role: str) -> None:
    other = sign_in(Client(), member(role))
    for name in ("signature:index", "supporter:index", "consentevent:index"):
        assert other.get(reverse(name)).status_code in (302, 403)
    assert Client().get(reverse("signature:index")).status_code == 302


def test_it_sets_a_false_signature_aside_and_writes_who(care: Client, pledge: Pledge) -> None:
    address = reverse("signature:action", args=[Signature.objects.get().pk, "set-aside"])
    editor = sign_in(Client(), member("Editor"))
    assert editor.post(address).status_code in (302, 403)
    assert care.get(address).status_code == 405
    assert counting.confirmed(pledge) == 1
    care.post(address)
    assert counting.confirmed(pledge) == 0
    event = SignatureEvent.objects.latest("id")
    assert (event.step, event.why, event.who) == (-1, "set-aside", "donor-care@example.org")
    assert counting.proof(pledge).holds


def test_it_sends_the_letter_again_and_not_more_than_three_times(boss: Client) -> None:
    driver.sign(Client(), email="grace@example.org")
    address = reverse("signature:action", args=[Signature.objects.get(email="grace@example.org").pk, "send-letter"])
    for _ in range(5):
        boss.post(address)
    assert len(driver.letters("grace@example.org")) == 3


def test_it_offers_no_way_to_confirm_for_somebody_else(boss: Client) -> None:
    driver.sign(Client(), email="grace@example.org")
    signature = Signature.objects.get(email="grace@example.org")
    for action in ("confirm", "restore", "withdraw"):
        assert boss.post(reverse("signature:action", args=[signature.pk, action])).status_code == 404
    driver.run_due()
    letter = Letter.objects.get(to="grace@example.org")
    shown = page(boss, "letter:inspect", letter.pk)
    assert driver.link(letter) not in shown


def _change(client: Client, pledge: Pledge, **fields: object) -> int:
    text = pledge.newest_text
    data = {
        "title": pledge.title,
        "slug": pledge.slug,
        "text": text.text if text else "",
        "is_sample": "on" if text and text.is_sample else "",
        "minimum_age": pledge.minimum_age,
        "count_from": pledge.count_from,
        "is_open": "on",
        "is_main": "on",
        **fields,
    }
    answer = client.post(reverse("pledge:edit", args=[pledge.pk]), {key: value for key, value in data.items() if value})
    return answer.status_code


def test_it_changes_the_age_for_the_page_and_the_rule(boss: Client, pledge: Pledge) -> None:
    assert _change(boss, pledge, minimum_age=18) == 302
    assert "I am 18 or over" in Client().get("/pledge/").content.decode()
    driver.sign(Client(), email="grace@example.org")
    assert Signature.objects.get(email="grace@example.org").age == 18
    assert _change(boss, pledge, minimum_age=5) == 200  # refused: children do not sign
    assert PledgeText.objects.filter(original=None).count() == 1  # the same words are no new version


def test_it_makes_other_words_a_new_version(boss: Client, pledge: Pledge) -> None:
    old = pledge.newest_text
    assert _change(boss, pledge, text="We begin.\r\n* I promise <b>this</b>.", is_sample="") == 302
    shown = Client().get("/pledge/").content.decode()
    assert "I promise &lt;b&gt;this&lt;/b&gt;." in shown
    assert Signature.objects.get().text == old
    newest = pledge.newest_text
    assert newest is not None and (newest.version, newest.paragraphs) == (3, ["We begin."])  # the Spanish words are 2


def test_it_closes_a_pledge_and_deletes_none(boss: Client, pledge: Pledge) -> None:
    assert boss.get(reverse("pledge:delete", args=[pledge.pk])).status_code in (302, 403)
    boss.post(reverse("pledge:delete", args=[pledge.pk]))
    assert Pledge.objects.count() == 1
    _change(boss, pledge, is_open="")
    assert "is closed" in Client().get("/pledge/").content.decode()


def test_it_takes_one_main_pledge_and_no_address_of_another_page(boss: Client, pledge: Pledge) -> None:
    new = {"title": "Schools", "text": "* We promise.", "minimum_age": 16, "count_from": 100, "is_open": "on"}
    add = reverse("pledge:add")
    assert boss.post(add, {**new, "slug": "sent"}).status_code == 200
    assert boss.post(add, {**new, "slug": "schools", "is_main": "on"}).status_code == 200
    assert boss.post(add, {**new, "slug": "schools"}).status_code == 302
    assert Client().get("/pledge/schools/").status_code == 200


@pytest.mark.django_db
def test_it_starts_with_a_sample_and_leaves_what_staff_wrote_alone() -> None:
    starter.load()
    pledge = Pledge.objects.get()
    assert pledge.newest_text is not None and pledge.newest_text.is_sample
    wording.publish(pledge, "* Our own words.")
    starter.load()
    newest = pledge.newest_text
    assert newest is not None and newest.text == "* Our own words."
    assert Pledge.objects.count() == 1
