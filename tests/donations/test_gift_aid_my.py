"""Gift Aid on My page: declared later, for what was given too; another home; cancelled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.gift_aid import declarations
from donations.models import Gift, GiftAidDeclaration
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given
from tests.supporters.visitor import come_in

pytestmark = pytest.mark.django_db
ADA = "ada@donor.example"
HOME = {"aid_first_name": "Ada", "aid_last_name": "Lovelace", "aid_home": "12", "aid_postcode": "S19 2BD"}
DECLARE = {"gift_aid": "on", "aid_scope": "past", **HOME}
PAGE = "/my/gift-aid/"


@pytest.fixture(autouse=True)
def british(charity):
    return given.charity(country="GB", hmrc_reference="AB12345", time_zone="Europe/London")


@pytest.fixture
def ada():
    return get_or_create_supporter(ADA, "Ada Lovelace")


def gift(ada, days: int) -> Gift:
    moment = timezone.now() + timedelta(days=days)
    return given.gift(currency="GBP", name="Ada Lovelace", supporter=ada, paid_at=moment)


def test_it_declares_for_the_past_years_and_the_gifts_to_come_once_however_often_it_is_sent(ada):
    visitor = come_in(ADA)
    assert PAGE in visitor.get("/my/").content.decode()
    page = visitor.get(PAGE).content.decode()
    assert "checked" not in page and "What you declared" not in page
    for _time in range(2):
        assert visitor.post(PAGE, DECLARE)["Location"] == f"{PAGE}?done=declared"
    row = GiftAidDeclaration.objects.get()
    assert (row.supporter, row.gift, row.way, row.scope) == (ada, None, "my", "past")
    assert "this gift" not in row.text and "in the past four years" in row.text
    assert declarations.covering(gift(ada, -700)) == declarations.covering(gift(ada, 40)) == row
    assert "it is my responsibility to pay any difference" in visitor.get(PAGE).content.decode()


def test_it_keeps_what_was_declared_when_another_home_is_and_cancels_both(ada):
    visitor = come_in(ADA)
    visitor.post(PAGE, DECLARE)
    visitor.post(PAGE, {**DECLARE, "aid_home": "14"})
    assert list(declarations.of(ada).values_list("home", flat=True)) == ["14", "12"]
    assert visitor.post(PAGE, {"does": "cancel"})["Location"] == f"{PAGE}?done=cancelled"
    assert not declarations.standing(ada).exists() and declarations.covering(gift(ada, 1)) is None
    assert declarations.covering(gift(ada, -10)) is not None, "what came before stays covered"


@pytest.mark.parametrize(("way", "days", "said"), [("oral", 3, True), ("oral", 40, False), ("paper", 3, False)])
def test_it_says_that_a_spoken_one_may_be_taken_back_as_a_whole_for_thirty_days(ada, way, days, said):
    declared = declarations.Declared("past", "", "Ada", "Lovelace", "12", "S19 2BD", "I want to.", "en")
    at = timezone.now() - timedelta(days=days)
    declarations.write(declared, way, supporter=ada, declared_at=at, record_on=at.date())
    assert ("counts as if you had never said it" in come_in(ADA).get(PAGE).content.decode()) is said


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"gift_aid": ""}, "Please tick the box if this is true of you."),
        ({"aid_scope": "gift"}, "not one of the available choices"),
        ({"aid_last_name": ""}, "Please write your last name."),
        ({"aid_postcode": "1"}, "This is no postcode of the United Kingdom."),
    ],
)
def test_it_says_what_is_missing_and_writes_nothing(ada, typed, words):
    answer = come_in(ADA).post(PAGE, {**DECLARE, **typed})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert 'value="Ada"' in answer.content.decode() and not GiftAidDeclaration.objects.exists()


def test_it_shows_nobody_else_what_was_declared_and_cancels_nothing_of_theirs(ada):
    come_in(ADA).post(PAGE, DECLARE)
    get_or_create_supporter("other@donor.example")
    other = come_in("other@donor.example")
    assert "Lovelace" not in other.get(PAGE).content.decode()
    other.post(PAGE, {"does": "cancel"})
    assert declarations.standing(ada).count() == 1


def test_it_is_no_page_of_a_charity_elsewhere_but_lets_everybody_cancel(ada):
    visitor = come_in(ADA)
    visitor.post(PAGE, DECLARE)
    given.charity(country="US", hmrc_reference="")
    page = visitor.get(PAGE).content.decode()
    assert "Cancel my declaration" in page and "aid_home" not in page
    assert visitor.post(PAGE, DECLARE).status_code == 422
    visitor.post(PAGE, {"does": "cancel"})
    assert visitor.get(PAGE).status_code == 404 and PAGE not in visitor.get("/my/").content.decode()
