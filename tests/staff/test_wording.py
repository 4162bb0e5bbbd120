"""Staff change the words of letters, see them at once, and send a test to themselves."""

import pytest
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import ModelLogEntry

from foundation.letters import kinds, writing
from foundation.letters.models import Letter, LetterWording
from foundation.organisation.models import Organisation
from staff.wording_form import WordingForm
from tests.narrowing import not_none
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/letters/words/card_link/en/"
TYPED = {"subject": "Here you are", "body": "Dear {name},\n\n[To my card]({link})"}


def test_it_takes_our_own_words_of_every_letter() -> None:
    for kind in kinds.every():
        form = WordingForm({"subject": kind.subject(), "body": kind.words()}, kind=kind)
        assert form.is_valid(), (kind.name, form.errors)


def test_it_lists_every_letter_and_whose_words_it_has() -> None:
    LetterWording.objects.create(key="card_link", language="en", subject="x", body="y")
    page = signed_in("Editor").get("/admin/letters/words/").content.decode()
    for kind in kinds.every():
        assert f"/admin/letters/words/{kind.name}/en/" in page
    assert page.count("(your own)") == 1


@pytest.mark.parametrize(("role", "allowed"), [("Editor", True), ("Donor care", True), ("Finance", False)])
def test_it_lets_only_those_who_write_change_words(role: str, allowed: bool) -> None:
    staff = signed_in(role)
    assert (staff.get(ADDRESS).status_code == 200) == allowed
    staff.post(ADDRESS, TYPED)
    assert LetterWording.objects.exists() == allowed
    assert (staff.post(ADDRESS + "preview/", TYPED).status_code == 200) == allowed
    assert ("/admin/letters/words/" in staff.get("/admin/").content.decode()) == allowed


def test_it_keeps_the_words_and_gives_ours_back() -> None:
    staff = signed_in("Editor")
    assert staff.post(ADDRESS, TYPED).status_code == 302
    row = LetterWording.objects.get()
    assert (row.subject, row.body) == (TYPED["subject"], TYPED["body"])
    assert "Take our words again" in staff.get(ADDRESS).content.decode()
    assert staff.post(ADDRESS, {"do": "reset"}).status_code == 302
    assert not LetterWording.objects.exists()
    lines = [entry.message for entry in ModelLogEntry.objects.filter(action="staff.action").order_by("pk")]
    assert len(lines) == 2 and "changed" in lines[0] and "ours again" in lines[1]


def test_it_keeps_no_row_for_words_that_are_ours() -> None:
    kind = kinds.get("card_link")
    signed_in("Editor").post(ADDRESS, {"subject": kind.subject(), "body": kind.words().replace("\n", "\r\n")})
    assert not LetterWording.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"body": "Dear {name},\n\nHere: {facts}\n\n{statement}\n\n{file}"}, "is a table"),
        ({"body": "{facts}\n\n{file}\n\nDear {name}, {statement}"}, "another paragraph than"),
        ({"subject": "{facts}"}, "is no place of this letter"),
    ],
)
def test_it_keeps_no_words_without_which_some_receipts_would_say_less(wrong: dict[str, str], said: str) -> None:
    staff, receipt = signed_in("Editor"), not_none(kinds.get("receipt"))
    answer = staff.post("/admin/letters/words/receipt/en/", {"subject": "Thanks", "body": receipt.words()} | wrong)
    assert answer.status_code == 422 and said in answer.content.decode() and not LetterWording.objects.exists()


def test_it_fills_the_places_in_the_words_of_a_link_and_shows_them_inert() -> None:
    kind = not_none(kinds.get("card_link"))
    values = {"link": "https://example.org/card/", "total": "$30.00 USD", "name": "<b>Ada</b>"}
    for body in ("[Pay {total}, {name}]({link})", "Here: [Pay {total}, {name}]({link})."):
        letter = writing.compose(kind, "A link", body, values)
        assert "Pay $30.00 USD, <b>Ada</b>" in letter.text and "{" not in letter.text
        assert "Pay $30.00 USD, &lt;b&gt;Ada&lt;/b&gt;</a>" in letter.html and "{total}" not in letter.html


def test_it_gives_examples_in_the_language_that_is_written() -> None:
    staff, spanish = signed_in("Editor"), ADDRESS.replace("/en/", "/es/")
    assert "30,00\xa0US$" in staff.get(spanish).content.decode()
    preview = staff.get(spanish + "preview/").content.decode()
    assert "30,00\xa0US$" in preview and "$30.00" not in preview


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"body": "Dear {nmae}, {link}"}, "is no place of this letter"),
        ({"body": "Dear {name},"}, "does nothing without"),
        ({"subject": "About {amount}"}, "is no place of this letter"),
        ({"body": "{link} {"}, "brace stands alone"),
        ({"body": "Dear {name}, {link.__class__} {link}"}, "is no place of this letter"),
        ({"body": "Dear {name}, {link} [our page](https://example.org/)"}, "leads to one of the places"),
        ({"body": "Dear {name}, {link} [[here]]({link})"}, "leads to one of the places"),
        ({"subject": ""}, "required"),
    ],
)
def test_it_says_plainly_what_is_wrong_and_keeps_what_was_typed(wrong: dict[str, str], said: str) -> None:
    staff = signed_in("Editor")
    answer = staff.post(ADDRESS, {**TYPED, **wrong})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and not LetterWording.objects.exists()
    assert "Dear {name}," in page or "nmae" in page or "{link} {" in page
    assert said in staff.post(ADDRESS + "preview/", {**TYPED, **wrong}).content.decode()


def test_it_shows_what_is_typed_before_it_is_saved() -> None:
    answer = signed_in("Editor").post(ADDRESS + "preview/", TYPED)
    page = answer.content.decode()
    assert "Here you are" in page and "Ada Lovelace" in page and "To my card" in page
    policy = answer["Content-Security-Policy"]
    assert "script-src 'none'" in policy and "sandbox" in policy and answer["X-Frame-Options"] == "SAMEORIGIN"
    assert not LetterWording.objects.exists() and not Letter.objects.exists()


def test_it_shows_the_logo_in_the_preview_and_fetches_nothing_for_it() -> None:
    picture = get_image_model().objects.create(title="logo", file=get_test_image_file(size=(60, 20)))
    Organisation.load()
    Organisation.objects.update(logo=picture)
    answer = signed_in("Editor").post(ADDRESS + "preview/", TYPED)
    page = answer.content.decode()
    assert "data:image/png;base64," in page and "cid:" not in page
    assert "img-src data:" in answer["Content-Security-Policy"]


def test_it_lets_no_typed_tag_act_in_the_preview() -> None:
    page = (
        signed_in("Editor").post(ADDRESS + "preview/", {**TYPED, "body": "<script>x</script>{link}"}).content.decode()
    )
    assert "<script" not in page


def test_it_sends_a_test_of_unsaved_words_to_whoever_asks() -> None:
    answer = signed_in("Editor").post(ADDRESS, {**TYPED, "do": "test"})
    letter = Letter.objects.get()
    assert (letter.to, letter.subject) == ("editor@example.org", "Test: Here you are")
    assert "Ada Lovelace" in letter.text and answer.status_code == 200 and not LetterWording.objects.exists()


def test_it_knows_no_other_letters_and_languages() -> None:
    staff = signed_in("Editor")
    for address in ("nothing/en/", "staff_notice/en/", "card_link/xx/"):
        assert staff.get(f"/admin/letters/words/{address}").status_code == 404


def test_it_lets_the_page_frame_its_own_preview_and_nothing_else() -> None:
    policy = signed_in("Editor").get(ADDRESS)["Content-Security-Policy"]
    assert "frame-src 'self'" in policy and "script-src 'self'" in policy and "unsafe-inline" not in policy
