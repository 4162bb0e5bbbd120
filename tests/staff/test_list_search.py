"""What a search of the panel's large lists finds, in the lists and in the panel's own box, and by which index."""

import pytest
from django.db import connection
from django.utils import timezone

from donations.models import Gift, Plan, StripeEvent
from donations.panel import searches, to_do
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from staff import paging, search_index
from supporters.models import Supporter
from tests.bench import books
from tests.donations.conftest import charity  # noqa: F401 - a fixture
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
REFERENCE, PLAIN = "K7QM-3ZXA-9PWT", {"currency": "USD", "amount": 4400, "total": 4400, "livemode": False}


@pytest.fixture
def one(charity) -> Gift:  # noqa: F811
    """A gift of a monthly one among others, with its receipt, event, letter and job."""
    (giver,) = books.people(1)
    books.gifts(3, [giver])
    Supporter.objects.filter(pk=giver.pk).update(name="Łukasz Özge-Groß", email="Lukasz.Oz@donor.example")
    now = timezone.now()
    promised = {"subscription_id": "sub_1", "customer_id": "cus_1", "supporter": giver, "as_of": now, "started_at": now}
    plan = Plan.objects.create(**promised, **PLAIN)
    gift = Gift.objects.earliest("pk")
    told = {"reference": REFERENCE, "name": "Łukasz Özge-Groß", "email": "Lukasz.Oz@donor.example", "plan": plan}
    Gift.objects.filter(pk=gift.pk).update(company="Ćwikła Sp.", bank_reference="chq 0815", **told)
    event = {"event_id": "evt_1", "type": "charge.succeeded", "object_id": "ch_9", "created": now, "payload": "{}"}
    StripeEvent.objects.create(note="Paid outside of Stripe.", livemode=False, **event)
    Letter.objects.create(key="l", template="t", to="Lukasz.Oz@donor.example", subject="Thank you, Łukasz", text="")
    Job.objects.create(kind="send-letter", key="drawing:7", state="dead", run_at=now, last_error="No Ink left")
    gift.refresh_from_db()
    return gift


MAIL, NOBODY = "lukasz.oz@DONOR.example", "zzyzx"
FINDS = {
    "gift": {
        **dict.fromkeys(
            [REFERENCE, "k7qm3zxa9pwt", "k7qm 3zxa 9pwt", "K7QM", MAIL, "pi_bench0", "DEMO-2025-000001"], 1
        ),
        **dict.fromkeys(["demo-2025-000001", "lukasz", "OZGE gross", "gross łukasz", "cwikla", "0815", "oz@donor"], 1),
        **dict.fromkeys(["$10", "10.00", "10 usd"], 1),
        **dict.fromkeys(["10.00 EUR", NOBODY, "%", "___", "lukasz zzyzx", "pi_bench", "uk", '"'], 0),
        **dict.fromkeys(["sp", "lu"], 1),  # short words begin somewhere
        **dict.fromkeys(["donor"], 3),
    },
    "ledgerentry": {
        **dict.fromkeys(["ch_bench0", "txn_bench0", REFERENCE, "k7qm3zxa9pwt", MAIL, "lukasz", "demo-2025-000001"], 2),
        **dict.fromkeys(["10 USD", "$11"], 1),
        **dict.fromkeys([NOBODY, "ch_bench", "nobody@donor.example"], 0),
    },
    "receipt": {
        **dict.fromkeys(["demo-2025-000001", "B000000000000001", REFERENCE, MAIL, "ozge", "pi_bench0"], 1),
        **dict.fromkeys([NOBODY, "DEMO-2025-000009"], 0),
    },
    "plan": {**dict.fromkeys(["sub_1", "cus_1", MAIL, REFERENCE, "lukasz", "44"], 1), NOBODY: 0, "45": 0},
    "supporter": {**dict.fromkeys(["DONOR0@donor.example", "ozge", "oz@donor", "gross lukasz"], 1), NOBODY: 0, "%": 0},
    "letter": {**dict.fromkeys([MAIL, "thank lukasz", "oz@donor"], 1), NOBODY: 0},
    "stripeevent": {
        **dict.fromkeys(["evt_1", "ch_9", "charge.succeeded", "outside of stripe"], 1),
        **dict.fromkeys([NOBODY, "evt"], 0),
    },
    "job": {**dict.fromkeys(["send-letter", "drawing:7", "drawing:", "no ink"], 1), NOBODY: 0},
}


def test_it_finds_one_thing_exactly_and_words_in_any_order_with_any_capitals_and_marks(one):
    staff, wrong = signed_in("Administrator"), []
    for name, finds in FINDS.items():
        for typed, count in finds.items():
            found = len(staff.get(f"/admin/{name}/", {"q": typed}).context["object_list"])
            wrong += [] if found == count else [(name, typed, found, count)]
    assert wrong == []


def test_it_finds_what_was_changed_since_and_nothing_that_was_erased_or_deleted(one):
    def found(words: str) -> list[Supporter]:
        return list(search_index.find(Supporter.objects.order_by("pk"), words))

    giver = Supporter.objects.get()
    Supporter.objects.filter(pk=giver.pk).update(name="ŻAK")
    assert found("zak") == [giver] and found("ozge") == []
    giver.name = ""
    giver.save()
    other = Supporter.objects.create(email="zak@donor.example", canonical="zak@donor.example", name="Żak")
    assert found("zak") == [other]
    other.delete()
    assert found("zak") == []


def test_it_keeps_no_letters_of_a_name_that_went(one):
    """PostgreSQL's index holds hashes of letters, and is vacuumed; SQLite's holds them until it is written anew."""
    Supporter.objects.update(name="Qjx")

    def kept() -> int:
        if connection.vendor != "sqlite":
            return search_index.find(Supporter.objects.all(), "qjx").count()
        held = "SELECT count(*) FROM supporters_supporter_sought_data WHERE instr(block, CAST('qjx' AS BLOB))"
        with connection.cursor() as cursor:
            cursor.execute(held)
            return cursor.fetchone()[0]

    assert kept() == 1
    Supporter.objects.update(name="")
    search_index.tidy()
    assert kept() == 0


def test_it_builds_the_index_anew_where_a_migration_took_it(one):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER supporters_supporter_sought_update")
        else:
            cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'supporters_supporter_sought_%'")
            cursor.execute(f'DROP INDEX "{cursor.fetchone()[0]}"')
    Supporter.objects.update(name="Nadezhda")
    search_index.install()
    assert search_index.find(Supporter.objects.all(), "nadezhda").count() == 1


@pytest.mark.postgres
def test_it_puts_a_function_of_an_older_version_right_and_says_what_it_costs(one):
    folded = f"SELECT {search_index.FOLD}('ÖZGE Groß Łukasz'), {search_index.FOLD}('ASCII alone')"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE OR REPLACE FUNCTION {search_index.FOLD}(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")
        search_index.install()
        cursor.execute(folded)
        assert cursor.fetchone() == ("ozge gross lukasz", "ascii alone")
        cursor.execute("SELECT procost FROM pg_proc WHERE proname = %s", [search_index.FOLD])
        assert cursor.fetchone() == (search_index.COST,)


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("Administrator", {"Gifts", "Supporters", "Monthly and yearly gifts", "Letters"}),
        ("Donor care", {"Gifts", "Supporters", "Monthly and yearly gifts", "Letters"}),
        ("Finance", {"Gifts", "Monthly and yearly gifts", "Letters"}),
    ],
)
def test_it_finds_in_the_panels_own_box_what_a_role_may_see(one, role, sees):
    staff = signed_in(role)
    answer = staff.get("/admin/find/", {"q": MAIL})
    assert {str(part["label"]) for part in answer.context["parts"]} == sees
    page = answer.content.decode()
    assert f"/admin/gift/inspect/{one.pk}/" in page and REFERENCE in page
    assert "Nothing was found" in staff.get("/admin/find/", {"q": NOBODY}).content.decode()
    assert staff.get("/admin/find/", {"q": "\0"}).status_code == staff.get("/admin/find/").status_code == 200
    assert '/admin/find/"' in staff.get("/admin/").content.decode()  # where the box of the menu leads


def test_it_leaves_the_box_of_editors_to_pages(charity):  # noqa: F811
    editor = signed_in("Editor")
    assert editor.get("/admin/find/", {"q": "x"}).status_code == 302
    assert "/admin/find/" not in editor.get("/admin/").content.decode()


@pytest.mark.parametrize(("exact", "many"), [(9, 9), (2, 9), (2, 2)])
def test_it_finds_and_pages_the_same_however_many_have_the_words(charity, monkeypatch, exact, many):  # noqa: F811
    """Few are looked up by their keys, some are found and then sorted, many are met on the way through the list."""
    books.gifts(8, books.people(1))
    Gift.objects.filter(pk__in=Gift.objects.order_by("pk")[:5].values("pk")).update(name="Łukasz", company="Sp.")
    monkeypatch.setattr(paging, "EXACT", exact)
    monkeypatch.setattr(paging, "MANY", many)
    found = searches.GIFTS.rows(Gift.objects.order_by("-pk"), "sp lukasz")
    shown, place = [], ""
    while True:
        page = paging.Window(found, 2, place)
        shown += [gift.pk for gift in page]
        if not page.has_next:
            break
        place = page.next
    assert shown == list(Gift.objects.order_by("-pk").filter(company="Sp.").values_list("pk", flat=True))
    assert len(shown) == 5 and paging.Counted(found).count in (5, exact + 1)


def test_it_asks_few_questions_however_it_is_searched(one, django_assert_max_num_queries):
    staff = signed_in("Administrator")
    staff.get("/admin/gift/")
    for query in ("", "q=ozge", f"q={MAIL}", "q=zzyzx", "p=last", "q=10", "totals=1"):
        with django_assert_max_num_queries(16):  # ten of them are the session, permissions and menu of any page
            staff.get(f"/admin/gift/?{query}")
    with django_assert_max_num_queries(24):
        staff.get("/admin/find/?q=ozge")


def test_it_searches_and_lists_by_an_index(one):
    """With sequential scans forbidden the plan names the index that could answer; without one there would be none."""
    by_words = "VIRTUAL TABLE INDEX"
    if connection.vendor == "postgresql":
        by_words = "donations_gift_sought_"
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    words = search_index.find(Gift.objects.order_by(), "ozge")
    assert by_words in words.explain()
    asked = {
        "gift_giver": Gift.objects.filter(searches.GIFTS.exact(MAIL)).order_by(),
        "gift_of_status": Gift.objects.filter(status="pending"),
        "gift_sum": Gift.objects.filter(total=4400).order_by(),
        "letter_state": Letter.objects.filter(state="failed"),
        "event_noted": to_do.outside().order_by(),
        "event_received": StripeEvent.objects.filter(received_at__lt=timezone.now()).order_by("received_at"),
        "plan_customer": Plan.objects.filter(customer_id="cus_1").order_by(),
    }
    for name, rows in asked.items():
        assert name in rows.explain(), name


def test_it_indexes_words_and_no_row_without_one(one):
    """An event of Stripe has no note until staff write one, and is kept while Stripe waits."""
    event = StripeEvent.objects.get()

    def indexed() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM donations_stripeevent_sought")
            return int(cursor.fetchone()[0])

    for note, rows in (("", 0), ("Paid by a friend.", 1), ("Paid by nobody.", 1), ("  ", 0), ("Paid again.", 1)):
        StripeEvent.objects.filter(pk=event.pk).update(note=note)
        if connection.vendor == "sqlite":
            assert indexed() == rows, note
        found = search_index.find(StripeEvent.objects.all(), "paid").count()
        assert found == rows, note
    event.delete()
    assert connection.vendor != "sqlite" or indexed() == 0
