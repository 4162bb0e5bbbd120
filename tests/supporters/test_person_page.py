"""A supporter's page for staff: the facts of one person, letters, notes, merges that can be undone, data."""

import html
import io
import re
import zipfile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry
from wagtail.users.models import UserProfile

from donations.books import receipts
from donations.models import Gift, Plan, Receipt
from foundation.jobs.queue import run_due
from foundation.letters import outbox
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from pledges.models import Signature
from supporters import consent, mailbox, merging, moving, news, privacy_registry, supporters
from supporters.models import Merge, StaffNote, Supporter
from supporters.newsletter.models import Delivery
from tests.bench import books
from tests.donations import test_books as made
from tests.donations.conftest import charity, donor, till  # noqa: F401 - fixtures
from tests.narrowing import not_none
from tests.staff.users import member, sign_in, signed_in
from tests.supporters import newsletters
from tests.supporters.test_privacy import EMAIL, KEPT, NAME, ended, generous, known, where  # noqa: F401 - fixtures
from tests.supporters.visitor import come_in
from tests.supporters.whole_person import whole  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
SURE = {"sure": "yes"}
CHECK = "She answered from both addresses."


def page_of(supporter: Supporter, act: str = "") -> str:
    return f"/admin/supporter/inspect/{supporter.pk}/{act}"


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return html.unescape(answer.content.decode())


def said(answer) -> str:
    return html.unescape(answer.content.decode())


def table(page: str, section: str) -> str:
    """One section of the page, by its heading's id."""
    return page[page.index(f'id="{section}"') :].partition("</section>")[0]


# --- What it shows --------------------------------------------------------------------------------------------


def test_it_shows_what_a_person_gave_promised_agreed_to_and_was_written(known):  # noqa: F811
    page = read(signed_in("Donor care"), page_of(known))
    gifts = table(page, "person-gifts")
    for gift in Gift.objects.filter(supporter=known):
        assert gift.reference in gifts and gift.total_text() in gifts
    for receipt in Receipt.objects.all():
        assert f'/admin/receipt/inspect/{receipt.pk}/">{receipt.label}' in gifts
    assert "$5.00 USD given back or disputed" in gifts
    assert re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", gifts)[0] == ("given, less what went back", "$50.00 USD")
    assert "of it on the balance, after fees" in gifts
    assert "$30.00 USD every month" in table(page, "person-plans") and "active" in table(page, "person-plans")
    assert "confirmed" in table(page, "person-pledge") and Signature.objects.get().pledge.title in page
    assert "“Yes.”" in table(page, "person-consent")
    letters = table(page, "person-letters")
    assert {letter.subject for letter in Letter.objects.exclude(template__startswith="staff_")} <= set(
        re.findall(r'">([^<]+)</a><br>', letters)
    )


def test_it_is_reached_from_a_gift_a_plan_a_letter_and_a_signature(known):  # noqa: F811
    staff = signed_in("Donor care")
    letter = Letter.objects.filter(to=EMAIL).first()
    for row in (Gift.objects.filter(supporter=known).first(), Plan.objects.get(), Signature.objects.get()):
        assert page_of(known) in read(staff, f"/admin/{row._meta.model_name}/inspect/{row.pk}/")
    assert page_of(known) in read(staff, "/admin/supporter/")
    reading = page_of(known, f"letters/{letter.pk}/")
    assert reading in read(staff, f"/admin/letter/inspect/{letter.pk}/") and page_of(known) in read(staff, reading)
    assert "/admin/supporter/" not in read(signed_in("Finance"), f"/admin/letter/inspect/{letter.pk}/")


def test_it_asks_few_questions_for_many_gifts_and_leads_to_all_of_them(charity):  # noqa: F811
    (giver,) = books.people(1)
    books.gifts(200, [giver])
    for number in range(30):
        outbox.queue(f"l{number}", "address_changed", giver.email, {"before": "a", "after": "b"})
    other, boss = supporters.get_or_create_supporter("other@donor.example"), member("Administrator")
    merging.merge(other, giver, boss, CHECK)
    staff = sign_in(Client(), boss)
    for number in range(3):
        staff.post(page_of(giver, "note/"), {"text": f"Note {number}"})
        consent.record(giver, "letters", True, "Yes.", "/my/")
    page = read(staff, page_of(giver))
    with CaptureQueriesContext(connection) as questions:
        staff.get(page_of(giver))
    assert len(questions) <= 25
    assert table(page, "person-gifts").count("<tr><td") == table(page, "person-letters").count("<tr><td") == 20
    for words, rows in (("All 200 gifts", 200), ("All letters to this person", 30)):
        address = re.search(f'href="([^"]+)">{words}', page).group(1)
        assert staff.get(html.unescape(address)).context["paginator"].count == rows, words
    nobody = supporters.get_or_create_supporter("nobody@donor.example")
    assert staff.get(f"/admin/gift/?supporter={nobody.pk}").context["paginator"].count == 0


@pytest.mark.parametrize(
    ("role", "sees", "may"),
    [
        ("Editor", False, set()),
        ("Finance", False, set()),
        ("Donor care", True, {"note", "address", "merge"}),
        ("Administrator", True, {"note", "address", "merge", "erase"}),
    ],
)
def test_it_lets_each_role_see_and_do_what_the_table_of_roles_says(role, sees, may):
    person = supporters.get_or_create_supporter(EMAIL, NAME)
    letter = outbox.queue("one", "my_link", EMAIL, {"name": NAME, "link": "https://x.example/", "minutes": "30"})
    staff = signed_in(role)
    answer = staff.get(page_of(person))
    assert (answer.status_code == 200) is sees
    for act in ("note", "address", "merge", "erase"):
        assert (staff.get(page_of(person, f"{act}/")).status_code == 200) is (act in may), act
        assert (page_of(person, f"{act}/") in answer.content.decode()) is (act in may), act
    assert (staff.get(page_of(person, f"letters/{letter.pk}/")).status_code == 200) is sees
    for kind in ("json", "zip"):
        address = f"/admin/supporter/{person.pk}/data.{kind}"
        taken = staff.get(f"{address}?export={kind}")
        assert (taken.status_code == 200) is (role == "Administrator")
        assert (address in answer.content.decode()) is (role == "Administrator")


# --- Letters ----------------------------------------------------------------------------------------------------


@pytest.fixture
def person() -> Supporter:
    return supporters.get_or_create_supporter(EMAIL, NAME)


def arrived(key: str, template: str, to: str, places: dict, **more) -> Letter:
    letter = outbox.queue(key, template, to, places, **more)
    run_due()
    letter.refresh_from_db()
    assert letter.state == "sent"
    return letter


def changed(to: str = EMAIL) -> Letter:
    return arrived(f"changed:{to}", "address_changed", to, {"before": "a@x.example", "after": "b@x.example"})


def test_it_shows_a_letter_as_it_was_sent_and_never_what_opens_its_links(person):
    mine = come_in(EMAIL)
    letter = Letter.objects.get(template="my_link")
    token = re.search(r"/my/enter/([^/\s]+)/", letter.text).group(1)
    staff = signed_in("Donor care")
    page = read(staff, page_of(person, f"letters/{letter.pk}/"))
    assert letter.text.replace(token, "…") in page and token not in page and "/my/enter/…/" in page
    assert mine.get("/my/").status_code == 200
    stop = arrived("news", "yearly_reminder", EMAIL, {"stop": news.address(person, "reminders"), "given": "$1"})
    secret = stop.stop_url.rstrip("/").rpartition("/")[2]
    assert secret in stop.text and secret not in read(staff, page_of(person, f"letters/{stop.pk}/"))


def test_it_shows_no_letter_of_somebody_else_and_none_that_tells_staff_of_people(person):
    user = member("Donor care", EMAIL)
    told = arrived("told", "staff_notice", EMAIL, {"subject": "Of another", "words": "Grace wrote."})
    theirs, staff = changed("grace@example.org"), sign_in(Client(), user)
    for letter in (told, theirs):
        assert staff.get(page_of(person, f"letters/{letter.pk}/")).status_code == 404
    assert "Of another" not in read(staff, page_of(person))


def test_it_sends_a_letter_again_to_the_present_address_and_writes_down_who_did(person, mailoutbox):
    letter = changed()
    moving.move(person, "now@donor.example", proved=True)
    run_due()
    mailoutbox.clear()
    staff = signed_in("Donor care")
    address = page_of(person, f"letters/{letter.pk}/")
    assert "It goes to now@donor.example" in read(staff, address) and not run_due()
    assert staff.post(address).status_code == 302
    run_due()
    (mail,) = mailoutbox
    assert mail.to == ["now@donor.example"] and mail.body == letter.text
    (line,) = ModelLogEntry.objects.filter(action="staff.action")
    assert line.user.email == "donor-care@example.org" and letter.subject in line.message and "@" not in line.message
    refused = outbox.queue("refused", "address_changed", EMAIL, {"before": "a", "after": "b"})
    Letter.objects.filter(pk=refused.pk).update(state="failed", to=EMAIL)
    staff.post(page_of(person, f"letters/{refused.pk}/"))
    run_due()
    refused.refresh_from_db()
    assert (refused.state, refused.to) == ("sent", "now@donor.example")


@pytest.mark.parametrize("state", ["sent", "failed", "unsure"])
def test_it_sends_a_letter_again_from_the_list_to_where_its_reader_is_since_a_merge(person, mailoutbox, state):
    letter, told = changed(EMAIL.upper()), arrived("told", "staff_notice", EMAIL, {"subject": "x", "words": "Grace."})
    linked = arrived("link", "my_link", EMAIL, {"name": "", "link": "https://x.example/", "minutes": "30"})
    other = supporters.get_or_create_supporter("second@donor.example")
    merging.merge(person, other, None, CHECK)
    Letter.objects.update(state=state)
    mailoutbox.clear()
    staff = signed_in("Donor care")
    for each in (letter, told, linked):
        staff.post(f"/admin/letter/inspect/{each.pk}/again/", SURE)
    run_due()
    gone = {(mail.subject, *mail.to) for mail in mailoutbox}
    assert (letter.subject, "second@donor.example") in gone
    assert all("second@" not in to for subject, to in gone if subject != letter.subject), (
        "links and what staff were told"
    )
    assert len(mailoutbox) == (1 if state == "sent" else 3)


@pytest.mark.parametrize(
    ("happens", "words"),
    [(mailbox.bounced, "Letters to this mailbox come back since"), (mailbox.complained, "marked a letter of ours")],
)
def test_it_writes_to_a_mailbox_that_bounced_or_complained_only_once_staff_were_told(person, happens, words):
    letter, staff = changed(), signed_in("Donor care")
    happens(EMAIL)
    address = page_of(person, f"letters/{letter.pk}/")
    assert words in read(staff, address)
    answer = staff.post(address)
    assert answer.status_code == 422 and "tick the box first" in said(answer) and not run_due()
    assert not ModelLogEntry.objects.filter(action="staff.action").exists()
    in_the_list = f"/admin/letter/inspect/{letter.pk}/again/"
    assert words in said(staff.post(in_the_list)) and not run_due()
    staff.post("/admin/letter/all/again/?state=sent")
    assert not run_due(), "nobody would be asked there"
    assert staff.post(address, SURE).status_code == 302 and run_due() == 1


def test_it_sends_no_news_again_to_whoever_stopped_it(person):
    places = {"stop": news.address(person, "reminders"), "given": "$1"}
    letter, staff = arrived("news", "yearly_reminder", EMAIL, places), signed_in("Donor care")
    news.stop(person, "reminders", "/my/")
    address = page_of(person, f"letters/{letter.pk}/")
    assert "does not want letters of this kind" in read(staff, address)
    assert "Nothing was sent." in said(staff.post(address, SURE)) and not run_due()


def test_it_sends_a_receipt_where_its_donor_is_now_and_asks_first_where_letters_come_back(known, mailoutbox):  # noqa: F811
    other = supporters.get_or_create_supporter("second@donor.example")
    merging.merge(known, other, None, CHECK)
    receipt = Receipt.objects.first()
    address, staff = f"/admin/receipt/inspect/{receipt.pk}/send/", signed_in("Donor care")
    run_due()
    mailoutbox.clear()
    mailbox.bounced("second@donor.example")
    assert "come back since" in said(staff.post(address)) and not run_due()
    staff.post("/admin/receipt/all/send/")
    assert not run_due(), "nobody would be asked there"
    assert staff.post(address, SURE).status_code == 302
    run_due()
    assert [mail.to for mail in mailoutbox] == [["second@donor.example"]]


# --- Notes and data ---------------------------------------------------------------------------------------------


def test_it_keeps_a_note_with_who_and_when_tells_it_in_the_export_and_forgets_it_with_the_person(person):
    staff = signed_in("Donor care")
    words = f"{NAME} wants to be called <after six>."
    assert staff.post(page_of(person, "note/"), {"text": words}).status_code == 302
    note = StaffNote.objects.get()
    shown = table(read(staff, page_of(person)), "person-notes")
    assert re.search(r"\d{4}, \d\d:\d\d \w+, donor-care@example.org: " + re.escape(words), shown)
    assert "<after" not in table(staff.get(page_of(person)).content.decode(), "person-notes")
    assert privacy_registry.export(person)["supporters"]["notes of staff"] == [{"text": words, "at": note.at}]
    refused = staff.post(page_of(person, "note/"), {"text": "Card 4242 4242 4242 4242"})
    assert refused.status_code == 422 and "4242 4242" not in said(refused) and StaffNote.objects.count() == 1
    privacy_registry.erase(person)
    run_due()  # the last letter leaves
    assert where(NAME, EMAIL) == set() and not StaffNote.objects.exists()


def test_it_gives_an_administrator_all_that_is_known_of_one_person_and_writes_it_down(person, time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    boss = signed_in("Administrator")
    address = f"/admin/supporter/{person.pk}/data.json"
    assert address in read(boss, page_of(person))
    taken = boss.get(address, follow=True)
    assert taken.json()["supporters"]["email"] == EMAIL and "attachment" in taken["Content-Disposition"]
    (line,) = ModelLogEntry.objects.filter(action="staff.action")
    assert line.user.email == "administrator@example.org" and "taken out of the panel" in line.message
    time_machine.shift(301)
    assert boss.get(f"{address}?export=json")["Location"].startswith("/accounts/2fa/reauthenticate/")


def test_it_gives_an_administrator_the_tables_that_the_person_can_take_in_our_time_zone(known, time_machine):  # noqa: F811
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    Organisation.objects.update(time_zone="Asia/Kathmandu")
    user = member("Administrator")
    mine, boss = come_in(EMAIL), sign_in(Client(), user)
    UserProfile.objects.filter(user=user).update(current_time_zone="America/New_York")
    address = f"/admin/supporter/{known.pk}/data.zip"
    assert f'href="{address}?export=zip"' in read(boss, page_of(known))
    own, taken = unpacked(mine.get("/my/data.zip")), unpacked(boss.get(address, follow=True))
    assert taken == own and {"about-me.csv", "gifts.csv", "receipts.csv", "letters.csv"} <= set(taken)
    assert "+05:45" in taken["gifts.csv"]
    (line,) = ModelLogEntry.objects.filter(action="staff.action", user=user)
    assert "taken out of the panel" in line.message
    time_machine.shift(301)
    assert boss.get(f"{address}?export=zip")["Location"].startswith("/accounts/2fa/reauthenticate/")


def unpacked(answer) -> dict[str, str]:
    """Each file of a zip, as text."""
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        return {name: packed.read(name).decode("utf-8-sig") for name in packed.namelist()}


def test_it_says_before_erasing_what_stays_in_the_words_of_the_persons_own_page(known):  # noqa: F811
    mine, boss = come_in(EMAIL), signed_in("Administrator")
    asked = read(boss, page_of(known, "erase/"))
    assert f"/admin/plan/inspect/{Plan.objects.get().pk}/" in asked and "/my/" not in asked
    ended(known)
    own, asked = read(mine, "/my/erase/"), read(boss, page_of(known, "erase/"))
    stays = own[own.index("What must stay") :].partition("</ul>")[0]
    assert stays.count("<li>") >= 4 and stays in asked and "still runs" not in asked


# --- Merging ----------------------------------------------------------------------------------------------------


def belongings() -> dict[str, dict]:
    """Whose each row of each app is, all of every supporter, and of whom the log speaks."""
    rows = {
        merging._name(field): dict(field.model._base_manager.order_by("pk").values_list("pk", field.attname))
        for field in merging._pointing()
        if field.model is not Merge
    }
    rows["supporters"] = {row["id"]: row for row in Supporter.objects.values()}
    logged = ModelLogEntry.objects.filter(content_type__model="supporter").exclude(action="staff.action")
    return {**rows, "log": dict(logged.values_list("pk", "object_id"))}


@pytest.fixture
def second(known) -> Supporter:  # noqa: F811
    """Another row of the same person, with consent, a note and an address of before."""
    ModelLogEntry.objects.log_action(known, "wagtail.edit")
    other = supporters.get_or_create_supporter("before@donor.example")
    moving.move(other, "second@donor.example", proved=True)
    other.refresh_from_db()
    consent.record(other, "letters", False, "No more", "/my/")
    StaffNote.objects.create(supporter=known, text="Likes post cards")
    return other


def test_it_merges_two_after_a_question_and_undoes_all_of_it_and_nothing_else(known, second):  # noqa: F811
    stop = news.address(known, "letters").rstrip("/").rpartition("/")[2]
    mailbox.complained(EMAIL)
    known.refresh_from_db()
    before, number = belongings(), known.pk
    staff = signed_in("Donor care")
    filled = {"other": EMAIL.upper(), "check_made": CHECK}
    question = said(staff.post(page_of(second, "merge/"), filled))
    assert f"{NAME} ({EMAIL}), number {number}, becomes part of second@donor.example" in question
    assert belongings() == before
    shown = said(staff.post(page_of(second, "merge/"), {**filled, **SURE}, follow=True))
    assert f"Number {number}, " in shown and CHECK in shown and "donor-care@example.org" in shown
    assert not Supporter.objects.filter(pk=number).exists() and second.gifts.count() == 2
    assert news.whose(stop) == (Supporter.objects.get(pk=second.pk), "letters")
    assert known.email in table(shown, "person-letters"), "letters to the old address are theirs"
    since = consent.record(second, "reminders", False, "Since", "/my/")

    assert "What came since the merge stays here" in said(staff.get(page_of(second, "undo-merge/")))
    shown = said(staff.post(page_of(second, "undo-merge/"), SURE, follow=True))
    assert "Undone" in shown and f"Number {number} is there again" in shown
    now = belongings()
    assert now["supporters.consentevent.supporter"].pop(since.pk) == second.pk
    assert now == before and news.whose(stop) == (known, "letters")
    assert EMAIL not in table(read(staff, page_of(second)), "person-letters")
    assert Merge.objects.get().kept == {} and CHECK not in read(staff, page_of(second))
    acts = ModelLogEntry.objects.filter(action="staff.action", user__email="donor-care@example.org")
    assert {line.data["action"] for line in acts} == {"merge", "undo-merge"}


def every_table() -> dict[str, set[tuple[str, ...]]]:
    """All of the database, but for what a merge ends or writes down."""
    with connection.cursor() as cursor:
        rows = {}
        for table in set(connection.introspection.table_names(cursor)) - {"supporters_merge", "access_accesslink"}:
            if "_sought_" in table:  # how SQLite keeps an index for searches, whose rows are in the table without it
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            rows[table] = {tuple(map(str, row)) for row in cursor.fetchall()}
    return rows


@pytest.mark.both
def test_it_gives_back_to_the_second_whatever_a_person_can_have(whole):  # noqa: F811
    """Also what is younger than merging: a declaration of Gift Aid, a batch, what was given in return."""
    other = supporters.get_or_create_supporter("other@donor.example", "Other")
    for old, new in ((whole, other), (other, whole)):
        before = every_table()
        done = merging.merge(old, new, None, CHECK)
        assert every_table() != before
        merging.undo(done, None)
        now = every_table()
        assert {table: now[table] ^ before[table] for table in before if now[table] != before[table]} == {}


def test_it_leaves_what_staff_changed_since_when_a_merge_is_undone(known, second):  # noqa: F811
    done = merging.merge(known, second, None, CHECK)
    second.refresh_from_db()
    assert second.name == NAME
    Supporter.objects.filter(pk=second.pk).update(name="Ada Since")
    merging.undo(done, None)
    second.refresh_from_db()
    assert second.name == "Ada Since" and Supporter.objects.get(pk=known.pk).name == NAME


def test_it_gives_back_the_months_that_a_monthly_gift_brought_since_the_merge(known, second):  # noqa: F811
    """They are of the gift that goes back: else a stranger would have their receipts, and the year's statement."""
    plan, done = Plan.objects.get(), merging.merge(known, second, None, CHECK)
    plan.refresh_from_db()
    month = made.gift(supporter=plan.supporter, plan=plan, frequency="monthly", email=EMAIL, name=NAME)
    receipts.issue(month)
    own = made.gift(supporter=second, email=second.email)
    assert month.supporter == second
    question = said(signed_in("Donor care").get(page_of(second, "undo-merge/")))
    assert "payments of a monthly or yearly gift that goes back" in question
    merging.undo(done, None)
    month.refresh_from_db()
    own.refresh_from_db()
    assert (month.supporter_id, own.supporter_id) == (known.pk, second.pk)


@pytest.mark.both
def test_it_gives_back_a_newsletter_that_both_got_when_a_merge_is_undone():
    """Else the one who is there again would get it a second time from a sending that goes on."""
    old, new = newsletters.reader("old@donor.example"), newsletters.reader("new@donor.example")
    sent = newsletters.begun(newsletters.written())
    newsletters.to_the_end(sent)
    before = list(Delivery.objects.order_by("pk").values())
    assert len(before) == 2
    done = merging.merge(old, new, None, CHECK)
    assert Delivery.objects.get().supporter == new
    merging.undo(done, None)
    assert list(Delivery.objects.order_by("pk").values()) == before


def refuses(done: Merge, words: str) -> bool:
    before = belongings()
    staff = signed_in("Administrator")
    answer = said(staff.post(page_of(done.supporter, "undo-merge/"), SURE, follow=True))
    return f"Nothing was changed: {words}" in answer and belongings() == before


def test_it_undoes_no_merge_once_the_person_is_erased(known, second):  # noqa: F811
    done = merging.merge(known, second, None, f"{NAME} rang us up.")
    privacy_registry.erase(ended(second))
    run_due()  # the last letter leaves
    assert where(NAME, EMAIL, "second@donor.example") == KEPT
    assert refuses(done, "this person was erased since")


def test_it_undoes_no_merge_once_the_address_is_another_supporters(known, second):  # noqa: F811
    done = merging.merge(known, second, None, CHECK)
    anew = supporters.get_or_create_supporter(EMAIL)
    assert refuses(done, f"since then that e-mail address came anew, as supporter number {anew.pk}")


def test_it_undoes_the_newest_merge_first(known, second):  # noqa: F811
    before = belongings()
    first = merging.merge(known, second, None, CHECK)
    third = supporters.get_or_create_supporter("third@donor.example")
    merging.merge(second, third, None, CHECK)
    first.refresh_from_db()
    with pytest.raises(merging.CannotUndoError, match="another one was merged later"):
        merging.undo(first, None)
    merging.undo(not_none(merging.newest(third)), None)
    merging.undo(not_none(merging.newest(second)), None)
    now = belongings()
    del now["supporters"][third.pk]
    assert now == before


def test_it_merges_nobody_who_went_while_the_question_was_read(person):
    other = supporters.get_or_create_supporter("second@donor.example")
    privacy_registry.erase(Supporter.objects.get(pk=other.pk))
    with pytest.raises(merging.CannotMergeError, match="not there any more"):
        merging.merge(other, person, None, CHECK)
    assert not Merge.objects.exists() and Supporter.objects.count() == 2


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"other": "nobody@donor.example", "check_made": CHECK}, "There is no such supporter."),
        ({"other": EMAIL, "check_made": CHECK}, "That is this very person."),
        ({"other": "second@donor.example", "check_made": "short"}, "at least 10 characters"),
        ({"other": "9" * 30, "check_made": CHECK}, "There is no such supporter."),
    ],
)
def test_it_merges_with_nobody_who_is_not_there_and_not_without_a_reason(person, filled, words):
    supporters.get_or_create_supporter("second@donor.example")
    answer = signed_in("Donor care").post(page_of(person, "merge/"), {**filled, **SURE})
    assert answer.status_code == 422 and words in said(answer) and Supporter.objects.count() == 2


def test_it_asks_for_the_second_factor_once_more_before_merging_undoing_and_erasing(person, time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    other, boss = supporters.get_or_create_supporter("second@donor.example"), signed_in("Administrator")
    merging.merge(supporters.get_or_create_supporter("third@donor.example"), person, None, CHECK)
    time_machine.shift(301)
    before = belongings()
    for act in ("merge", "undo-merge", "erase"):
        answer = boss.post(page_of(person, f"{act}/"), {"other": other.pk, "check_made": CHECK, **SURE})
        assert answer["Location"].startswith("/accounts/2fa/reauthenticate/"), act
        assert belongings() == before, act
    assert boss.get(page_of(person, "note/")).status_code == 200
