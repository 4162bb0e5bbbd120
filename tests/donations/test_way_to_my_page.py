"""Every letter and receipt of a monthly or yearly gift carries the way to My page, in whatever words it is written."""

import pytest
from django.utils import translation

from donations.books import receipts
from donations.letters import gift_letters, papers, statements
from foundation.letters import kinds, writing
from foundation.letters.models import LetterWording
from supporters.supporters import get_or_create_supporter
from tests.donations.test_books import gift
from tests.drawing import reading

pytestmark = pytest.mark.django_db
# Kinds that are never of a gift that repeats. Whoever adds a kind either adds it here, or gives it a closing.
OTHERS = {
    *("receipt", "dedication_card", "finish_gift"),  # of a single gift, to others, before there is a gift
    *("acknowledgment", "acknowledgment_corrected"),  # of what a donor-advised fund gave, once
    *("my_link", "address_changed", "address_confirm", "subscribe_confirm"),
    *("pledge_confirm", "pledge_confirmed_before", "welcome_pledge", "erased"),
    *("staff_notice",),
}
OF_A_PLAN = [kind for kind in kinds.every() if kind.name not in OTHERS]


def test_it_knows_of_each_kind_whether_it_is_about_a_gift_that_repeats() -> None:
    names = {kind.name for kind in kinds.every()}
    assert OTHERS & names == {kind.name for kind in kinds.every() if not kind.closing}
    assert {"receipt_monthly", "plan_held", "card_failed", "card_link", "refund_waits", "debit_failed"} <= {
        kind.name for kind in OF_A_PLAN
    }


@pytest.mark.parametrize("kind", OF_A_PLAN, ids=lambda kind: kind.name)
def test_it_leads_to_my_page_from_each_letter_whatever_staff_wrote(kind: kinds.Kind) -> None:
    way = kind.sample["my_page"]
    lean = writing.sample(kind) | dict.fromkeys(("next_on", "until", "other", "open", "lifted", "pause_on"), "")
    for language in ("en", "es"):
        with translation.override(language):
            for places in (writing.sample(kind), lean):
                ours = writing.write(kind.name, places)
                assert ours.text.count(way) == 1 and ours.html.count(f'href="{way}"') == 1, language
    hides = "Until {next_on}, see [My page]({my_page})." if "next_on" in kind.sample else "Thanks."
    for body in ("Thanks.", hides, "Look at {my_page}."):
        theirs = writing.compose(kind, "Thanks", body, lean)
        assert theirs.text.count(way) == 1 and way in theirs.html, body


def test_it_says_so_when_a_letter_is_written_by_words_of_staff() -> None:
    LetterWording.objects.create(key="plan_ended", language="en", subject="Over", body="It is over, {name}.")
    written = writing.write("plan_ended", {"name": "Ada", "my_page": papers.my_page()})
    assert written.text.count(papers.my_page()) == 1 and "It is over, Ada." in written.text


@pytest.mark.parametrize(("frequency", "led"), [("monthly", True), ("yearly", True), ("once", False)])
def test_it_leads_there_from_what_is_written_of_a_gift_that_repeats_alone(charity, frequency: str, led: bool) -> None:
    ada = get_or_create_supporter("ada@donor.example")
    given = gift(frequency=frequency, email=ada.email, supporter=ada)
    document = receipts.issue(given)
    for letter in (
        gift_letters.receipt(document),
        gift_letters.receipt_corrected(document),
        gift_letters.refund(document, "re_1", 500, "succeeded"),
        gift_letters.refund(document, "re_2", 500, "pending"),
        gift_letters.refund(document, "re_3", 500, "requires_action"),
        gift_letters.refund_failed(document, "re_1", 500, "failed"),
        gift_letters.refund_failed(document, "re_2", 500, "canceled"),
        gift_letters.debit_failed(given),
    ):
        assert letter and (papers.my_page() in letter.text) is led, letter and letter.template
    printed = reading.text(papers.receipt(document).content)
    assert (reading.squeezed(papers.my_page()) in printed) is led
    assert reading.squeezed(papers.my_page()) in reading.text(papers.statement(statements.of(ada.pk, 2026)).content)
