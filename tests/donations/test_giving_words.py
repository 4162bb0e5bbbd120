"""Words of giving: what stands on and beside the form, ours until staff write theirs, in the reader's language."""

import re
from html import unescape

import pytest
from django.test import Client
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import ModelLogEntry

from donations.models import CostLine, Currency, Fund, GivingWords
from donations.models.giving_words import OURS
from foundation.organisation.models import Organisation
from tests.donations import appeal
from tests.staff.users import signed_in
from tests.supporters.visitor import come_in

pytestmark = pytest.mark.django_db
ADD = "/admin/snippets/donations/givingwords/add/"
BOTH = ("/give/", "/give/house/")  # the giving page, and a campaign's
IBAN = "Lantern Trust\nIBAN DE89 3704 0044 0532 0130 00"  # 3704 0044 0532 0130 adds up as a card's number does
STOP = "How do I stop a monthly gift?"


@pytest.fixture(autouse=True)
def a_charity(charity):
    appeal.make()
    return charity


def page(path: str) -> str:
    return " ".join(unescape(Client().get(path).content.decode()).split())


def write(language: str = "en", **fields) -> GivingWords:
    return GivingWords.objects.create(language=language, **fields)


def asked(path: str) -> list[str]:
    """The questions beside the form."""
    beside = re.search(r'<div class="questions">(.*?</details>) ?</div>', page(path))
    return re.findall(r"<summary>(.*?)</summary>", beside[1]) if beside else []


def cite(amount: int = 7500, **fields) -> CostLine:
    usd = Currency.objects.get(code="USD")
    return CostLine.objects.create(currency=usd, amount=amount, citation="Accounts, line 4", **fields)


# What stands there while nobody has written anything


@pytest.mark.parametrize("path", BOTH)
def test_it_says_our_words_in_the_readers_language_until_staff_write_theirs(path):
    english, spanish = page(path), page(f"/es{path}")
    for words in (str(OURS[name]) for name in ("intro", "monthly_hint", "stopping", "suggestion")):
        assert words in english and words not in spanish
    assert "A third of it every month lets us plan ahead" in english and "Un tercio cada mes" in spanish


@pytest.mark.parametrize("path", BOTH)
def test_it_answers_three_questions_and_how_to_stop_whatever_the_charity_has_filled_in(path):
    Organisation.objects.update(email="", registration_number="", tax_statement="")
    assert asked(path)[0] == STOP and len(asked(path)) == 4
    row = Organisation.load()
    row.email, row.registration_number, row.tax_statement = "us@road.example", "EIN 12-3456789", "Deductible."
    row.save()
    assert len(asked(path)) == 6


@pytest.mark.parametrize("path", BOTH)
def test_it_claims_nothing_that_staff_did_not_write(path):
    text = page(path)
    assert "What a gift does" not in text and "Other ways to give" not in text
    assert "Registration:" not in text and 'class="section-art' in text


@pytest.mark.parametrize("path", BOTH)
def test_it_shows_the_charitys_number_with_what_it_says_of_its_status(path):
    row = Organisation.load()
    row.legal_name, row.registration_number, row.status_note = "Road Inc", "EIN 12-3456789", "A 501(c)(3) nonprofit."
    row.save()
    beside = page(path).partition('<aside class="aside')[2].partition("</aside>")[0]
    assert "Road Inc<br>Registration: EIN 12-3456789<br>A 501(c)(3) nonprofit." in beside


# What staff write


@pytest.mark.parametrize("path", BOTH)
def test_it_says_what_staff_wrote_in_that_language_and_ours_where_they_left_a_field_empty(path):
    write(intro="Every road begins somewhere.", monthly_hint="Stop by one line to us.", stopping="Write one line.")
    write("es", intro="Todo camino empieza en algún sitio.")
    english, spanish = page(path), page(f"/es{path}")
    assert "Every road begins somewhere." in english and "Stop by one line to us." in english
    assert "Write one line." in english and str(OURS["intro"]) not in english
    assert "Todo camino empieza" in spanish and "Every road" not in spanish and "Write one line." not in spanish
    assert "Taken today, then on this day of each month until you stop it." in english


def test_it_puts_their_heading_on_the_giving_page():
    write(heading="Walk with us")
    assert "<h1>Walk with us</h1>" in page("/give/") and "Give to this campaign" in page("/give/house/")


def test_it_fills_their_suggestion_with_the_sum_or_with_a_third_of_it():
    write(suggestion="{sum} a month keeps a door open.")
    text = page("/give/")
    assert 'data-words-suggest="{sum} a month keeps a door open."' in text
    assert '<span data-o="nudge">A third of it a month keeps a door open.' in text


@pytest.mark.parametrize("path", BOTH)
def test_it_answers_their_questions_in_place_of_ours(path):
    three = [("question", {"question": f"Why {n}?", "answer": f"Because {n}.\n\nAnd so."}) for n in range(3)]
    write(questions=three)
    assert asked(path) == [STOP, "Why 0?", "Why 1?", "Why 2?"]
    assert "<p>Because 2.</p> <p>And so.</p>" in page(path) and "Why 0?" not in page(f"/es{path}")


@pytest.mark.parametrize("path", BOTH)
def test_it_names_other_ways_once_they_are_filled_in_and_marks_them_where_the_page_is_in_another_language(path):
    write(transfer=IBAN)
    english, spanish = page(path), page(f"/es{path}")
    assert "By bank transfer" in english and "IBAN DE89 3704" in english and "By cheque" not in english
    assert re.search(r'<div class="flow" lang="en"><p>Lantern Trust<br>IBAN', spanish)
    write("es", transfer="Cuenta ES91", cheque="A nombre de Lantern")
    spanish = page(f"/es{path}")
    assert re.search(r'<div class="flow" lang="es"><p>Cuenta ES91', spanish) and "IBAN DE89" not in spanish
    assert "Con cheque" in spanish


@pytest.mark.parametrize("path", BOTH)
def test_it_shows_their_picture_with_its_words_in_place_of_the_drawing(path):
    image = get_image_model().objects.create(title="A road", file=get_test_image_file())
    write(picture=image, picture_alt="A road at dawn", picture_credit="A. Drawer")
    english, spanish = page(path), page(f"/es{path}")
    assert 'alt="A road at dawn"' in english and "Picture: A. Drawer" in english and 'class="section-art' not in english
    assert re.search(r'<img[^>]*alt="A road at dawn"[^>]* lang="en"', spanish)


@pytest.mark.parametrize("path", BOTH)
def test_it_shows_what_is_typed_as_it_was_typed(path):
    evil = "<script>alert(1)</script> & <b>bold</b>"
    fields = ("intro", "what_it_does", "stopping", "cheque", "transfer", "picture_credit", "suggestion", "thanks")
    write(
        **dict.fromkeys(fields, evil),
        questions=[("question", {"question": evil, "answer": evil})] * 3,
    )
    text = Client().get(path).content.decode()
    assert "alert(1)</script>" not in text and "<b>bold" not in text and text.count("&lt;script&gt;alert(1)") > 8


# What sums do, and funds


@pytest.mark.parametrize("path", BOTH)
def test_it_says_what_a_gift_does_by_the_cited_sums_until_staff_say_it_themselves(path):
    cite(clause="covers one evening")
    cite(amount=3000, clause="keeps a line open", frequency="monthly")
    beside = page(path).partition("What a gift does")[2].partition("</ul>")[0]
    assert "<strong>$75</strong> covers one evening" in beside
    assert "<strong>$30 every month</strong> keeps a line open" in beside
    write(what_it_does="A bed.\n\nA lawyer.")
    beside = page(path).partition("What a gift does")[2].partition("</aside>")[0]
    assert '<div class="flow" lang="en"><p>A bed.</p> <p>A lawyer.</p>' in beside and "$75" not in beside


@pytest.mark.parametrize(
    ("frequency", "ladders"), [("once", ["once"]), ("monthly", ["monthly"]), ("", ["once", "monthly"])]
)
def test_it_says_a_clause_on_the_ladder_that_staff_chose(frequency, ladders):
    Currency.objects.filter(code="USD").update(monthly_amounts=[3000, 7500], once_amounts=[3000, 7500])
    cite(clause="covers one evening", frequency=frequency)
    said = re.findall(r'name="amount_(\w+)" value="75"[^>]*> ?<b>\$75</b><span>covers one evening', page("/give/"))
    assert sorted(said) == sorted(ladders)


def test_it_takes_one_clause_for_each_rung_and_none_for_a_sum_that_is_not_on_that_ladder():
    staff, usd = signed_in("Finance"), Currency.objects.get(code="USD")
    Currency.objects.filter(code="USD").update(monthly_amounts=[3000, 7500])

    def add(frequency: str, sum: str = "75") -> int:
        fields = {"currency": usd.pk, "sum": sum, "frequency": frequency, "clause": "helps", "citation": "Line 4"}
        staff.post("/admin/costline/new/", {**fields, "cited_on": "2026-11-01"})
        return CostLine.objects.count()

    assert [add("once"), add("monthly"), add("once"), add(""), add("once", "30"), add("monthly", "30")] == [
        *(1, 2, 2, 2),
        *(2, 3),
    ]


@pytest.mark.parametrize("path", BOTH)
def test_it_marks_what_staff_wrote_of_funds_and_sums_where_the_page_is_in_another_language(path):
    fund = Fund.objects.create(name="Street outreach")
    cite(clause="covers one evening")
    english, spanish = page(path), page(f"/es{path}")
    assert f'<option value="{fund.pk}">Street outreach' in english and '<span lang="en">' not in english
    assert f'<option value="{fund.pk}" lang="en">Street outreach' in spanish
    assert spanish.count('<span lang="en">covers one evening</span>') == 3  # its rung, where it comes from, the margin
    assert '<span lang="en">Accounts, line 4</span>' in spanish


def test_it_marks_the_fund_of_a_campaign_and_of_a_gift_too(donor, till):
    fund = Fund.objects.create(name="Street <outreach>")
    appeal.make(slug="street", fund=fund)
    marked = '<span lang="en">Street &lt;outreach&gt;</span>'
    assert marked in Client().get("/es/give/street/").content.decode()
    thanks = donor.pay(donor.give("once", "25", fund=str(fund.pk)))
    assert "It is for: Street &lt;outreach&gt;." in thanks.content.decode()
    assert (
        marked
        in donor.client.get(f"/es{thanks.request['PATH_INFO']}?{thanks.request['QUERY_STRING']}").content.decode()
    )


def test_it_marks_them_among_a_supporters_gifts(donor, till):
    fund = Fund.objects.create(name="Street <outreach>")
    donor.gave("once", "25", fund=str(fund.pk))
    mine = come_in("ada@donor.example")
    assert ', <span lang="en">Street &lt;outreach&gt;</span>' in mine.get("/es/my/").content.decode()
    assert ", Street &lt;outreach&gt;<" in mine.get("/my/").content.decode()


def test_it_adds_their_own_thanks_to_the_page_after_paying(donor, till):
    write(thanks="Your <road> goes on.")
    thanks = donor.pay(donor.give("once", "25"))
    assert "<p>Your &lt;road&gt; goes on.</p>" in thanks.content.decode()


# In the panel


class TestThePanel:
    def form(self, **fields) -> dict[str, str]:
        return {"language": "en", "questions-count": "0", **fields}

    def questions(self, count: int, answer: str = "Because.") -> dict[str, str]:
        made = {"questions-count": str(count)}
        for n in range(count):
            at = f"questions-{n}"
            made |= {f"{at}-deleted": "", f"{at}-order": str(n), f"{at}-type": "question", f"{at}-id": ""}
            made |= {f"{at}-value-question": f"Why {n}?", f"{at}-value-answer": answer}
        return made

    @pytest.mark.parametrize("role", ["Editor", "Administrator"])
    def test_it_takes_what_editors_write_and_keeps_who_wrote_it(self, role):
        answer = signed_in(role).post(ADD, self.form(intro="Every road begins.", transfer=IBAN, **self.questions(3)))
        assert answer.status_code == 302, answer.content.decode()
        assert "Every road begins." in page("/give/") and asked("/give/")[1:] == ["Why 0?", "Why 1?", "Why 2?"]
        row = GivingWords.objects.get()
        assert ModelLogEntry.objects.get(object_id=row.pk, action="wagtail.create").user.email and row.latest_revision

    @pytest.mark.parametrize("role", ["Donor care", "Finance"])
    def test_it_takes_nothing_from_others(self, role):
        assert signed_in(role).post(ADD, self.form(intro="No.")).status_code == 302 and not GivingWords.objects.exists()

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"suggestion": "Part of it a month?"}, "must stand in it once"),
            ({"suggestion": "{sum} or {sum}"}, "must stand in it once"),
            ({"intro": "Hello {name}."}, "Nothing fills a place in braces here"),
            ({"intro": "x" * 81}, "at most 80 characters"),
            ({"cheque": "4242 4242 4242 4242"}, "number of a card"),
        ],
    )
    def test_it_refuses_what_could_not_stand_there(self, fields, words):
        answer = signed_in("Editor").post(ADD, self.form(**fields))
        assert answer.status_code == 200 and words in unescape(answer.content.decode())
        assert not GivingWords.objects.exists()

    @pytest.mark.parametrize(("count", "taken"), [(2, False), (3, True), (5, True), (6, False)])
    def test_it_takes_three_to_five_questions(self, count, taken):
        signed_in("Editor").post(ADD, self.form(**self.questions(count)))
        assert GivingWords.objects.exists() is taken

    def test_it_takes_no_question_with_a_place_that_nothing_fills(self):
        answer = signed_in("Editor").post(ADD, self.form(**self.questions(3, "Because of {sum}.")))
        assert "Nothing fills a place in braces here" in answer.content.decode() and not GivingWords.objects.exists()

    def test_it_asks_for_the_words_of_a_picture(self):
        image = get_image_model().objects.create(title="A road", file=get_test_image_file())
        editor, fields = signed_in("Editor"), self.form(picture=str(image.pk))
        assert "what the picture shows, for people" in editor.post(ADD, fields).content.decode()
        assert editor.post(ADD, {**fields, "picture_alt": "A road"}).status_code == 302

    def test_it_has_one_row_a_language_and_shows_what_stands_there_in_that_language(self):
        row, editor = write("es"), signed_in("Editor")
        assert "already exists" in editor.post(ADD, self.form(language="es")).content.decode()
        edit = unescape(editor.get(f"/admin/snippets/donations/givingwords/edit/{row.pk}/").content.decode())
        assert 'placeholder="Elija con qué frecuencia y cuánto."' in edit
        assert 'placeholder="Choose how often and how much."' in unescape(editor.get(ADD).content.decode())

    def test_it_previews_the_page_in_its_own_language_before_it_is_saved(self):
        editor, address = signed_in("Editor"), ADD.replace("/add/", "/preview/")
        write(transfer=IBAN)
        cite(clause="covers one evening")
        assert editor.post(address, self.form(language="es")).json()["is_valid"]
        assert "covers one evening" in editor.get(address).content.decode()
        fields = self.form(language="es", intro="Todo camino empieza.", what_it_does="Una cama.", thanks="De verdad.")
        assert editor.post(address, fields).json()["is_valid"]
        shown = editor.get(address).content.decode()
        assert '<html lang="es"' in shown and "Todo camino empieza." in shown and "<p>Una cama.</p>" in shown
        assert "Gracias.</strong> Su donación llegó. De verdad." in shown
        assert "Aquí está el formulario" in shown and "IBAN DE89" in shown and "Otras formas de donar" in shown
        assert "Todo camino" not in page("/es/give/")
