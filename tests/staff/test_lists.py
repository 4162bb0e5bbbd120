"""Lists that staff read, search, filter and export."""

import csv
import io
import re
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry

from donations.models import Gift, Plan
from foundation.jobs.models import Heartbeat, Job
from foundation.letters.models import Letter
from staff.cells import inert
from supporters.models import Supporter
from supporters.supporters import get_or_create_supporter
from tests.answers import streamed
from tests.narrowing import not_none
from tests.staff.front_page import home, rows_behind, section
from tests.staff.users import member, sign_in, signed_in

pytestmark = pytest.mark.django_db

FORMULAS = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
RTL = "מרים \u202eרחל"
LONG = "Maximiliana-" * 20


@pytest.fixture
def finance_like() -> Client:
    return signed_in("Administrator")


def supporters(*names: str) -> list[Supporter]:
    return [get_or_create_supporter(f"person{number}@example.org", name[:200]) for number, name in enumerate(names)]


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/admin/supporter/?export=csv{query}")
    text = b"".join(streamed(answer)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_it_makes_every_beginning_of_a_formula_inert(text):
    assert inert(text) == "'" + text


@pytest.mark.parametrize("value", [-5, 1.5, None, "plain", "a=b", ""])
def test_it_leaves_numbers_and_plain_text_as_they_are(value):
    assert inert(value) is value


def test_it_exports_names_that_look_like_formulas_as_text(finance_like):
    supporters("=HYPERLINK(1)", "@SUM(A1)", "Ada")
    names = {row["Name"] for row in exported(finance_like)}
    assert names == {"'=HYPERLINK(1)", "'@SUM(A1)", "Ada"}


def test_it_exports_workbooks_without_formulas_and_without_control_characters(finance_like):
    supporters("=HYPERLINK(1)", "bell\x07 rings")
    answer = finance_like.get("/admin/supporter/?export=xlsx")
    with ZipFile(io.BytesIO(b"".join(streamed(answer)))) as book:
        sheet = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "<f>" not in sheet
    assert "bell rings" in sheet
    assert "=HYPERLINK(1)" in sheet


def test_it_needs_the_right_to_export_and_shows_no_button_without_it():
    supporters("Ada")
    client = signed_in("Donor care")
    page = client.get("/admin/supporter/").content.decode()
    assert "Ada" in page
    assert "export=" not in page
    for kind in ("csv", "xlsx"):
        assert client.get(f"/admin/supporter/?export={kind}").status_code == 302
        assert client.get(f"/admin/supporter/results/?export={kind}").status_code == 302
    assert not ModelLogEntry.objects.filter(action="staff.export").exists()


def test_it_writes_down_who_exported_what_and_site_history_shows_it():
    user = member("Donor care")
    user.user_permissions.add(Permission.objects.get(codename="export_supporter"))
    client = sign_in(Client(), user)
    supporters("Ada", "Grace")
    assert len(exported(client, "&q=Ada")) == 1
    entry = ModelLogEntry.objects.get(action="staff.export")
    assert entry.user == user
    assert entry.data == {"list": "supporters.Supporter", "format": "csv", "rows": 1, "filters": ["q"]}
    history = signed_in("Administrator").get("/admin/reports/site-history/")
    assert "Exported 1 rows of supporters as CSV (q)" in history.content.decode()


def test_it_refuses_a_workbook_too_large_for_one_answer(finance_like, monkeypatch):
    monkeypatch.setattr("staff.exports.XLSX_ROWS", 1)
    supporters("Ada", "Grace")
    answer = finance_like.get("/admin/supporter/?export=xlsx", follow=True)
    assert "Filter the list, or take CSV" in answer.content.decode()
    assert len(exported(finance_like)) == 2


def test_it_searches_filters_and_shows_a_row(finance_like):
    ada, _ = supporters("Ada", "Grace")
    found = finance_like.get("/admin/supporter/?q=grace").content.decode()
    assert "Grace" in found
    assert ">Ada<" not in found
    detail = finance_like.get(f"/admin/supporter/inspect/{ada.pk}/").content.decode()
    assert "person0@example.org" in detail
    assert finance_like.get("/admin/supporter/inspect/999/").status_code == 404


@pytest.mark.parametrize("query", ["q=%00", "ordering=nonsense", "p=99", "p=x", "country=%00", "created_at__date=x"])
def test_it_shrugs_at_nonsense_in_the_address(finance_like, query):
    assert finance_like.get(f"/admin/supporter/?{query}").status_code == 200


def test_it_shows_names_in_any_script_as_text(finance_like):
    supporters("<img src=x onerror=alert(1)>", RTL, LONG, "=HYPERLINK(1)", "🦋")
    page = finance_like.get("/admin/supporter/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    for name in (RTL, LONG[:200], "=HYPERLINK(1)", "🦋"):
        assert name in page


def test_it_asks_the_database_as_often_for_fifty_rows_as_for_one(finance_like, django_assert_max_num_queries):
    supporters(*(f"Person {number}" for number in range(60)))
    with django_assert_max_num_queries(20):
        assert finance_like.get("/admin/supporter/").content.decode().count("/admin/supporter/inspect/") >= 50


def poison(**fields) -> Job:
    return Job.objects.create(
        kind="send-letter", key="letter:1", state="dead", run_at=timezone.now(), failures=8, last_error="boom", **fields
    )


def test_it_shows_no_job_as_due_before_it_was_made():
    """A payment's job is dated back by days, to go before others: nobody should believe that it waited so long."""
    job = poison()
    Job.objects.update(run_at=datetime(2001, 2, 3, tzinfo=UTC), state="ready")
    client = signed_in("Administrator")
    for page in ("/admin/job/", f"/admin/job/inspect/{job.pk}/"):
        text = client.get(page).content.decode()
        assert "letter:1" in text and "Due at" in text and "2001" not in text


def test_it_tries_a_dead_job_again_by_post_only():
    job = poison(args={"letter": 1})
    client = signed_in("Administrator")
    page = client.get(f"/admin/job/inspect/{job.pk}/").content.decode()
    assert "Try again" in page
    assert "&quot;letter&quot;: 1" in page
    button = f"/admin/job/inspect/{job.pk}/try-again/"
    assert client.get(button).status_code == 405
    assert client.post(f"/admin/job/inspect/{job.pk}/unknown/").status_code == 404
    client.post(button)
    job.refresh_from_db()
    assert (job.state, job.failures) == ("ready", 0)
    assert "Try again" in client.get("/admin/reports/site-history/").content.decode()
    assert "not possible any more" in client.post(button, follow=True).content.decode()


def test_it_lets_nobody_press_a_button_without_the_right():
    job = poison()
    user = member("Finance")
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client = sign_in(Client(), user)
    assert "Try again" not in client.get(f"/admin/job/inspect/{job.pk}/").content.decode()
    client.post(f"/admin/job/inspect/{job.pk}/try-again/")
    job.refresh_from_db()
    assert job.state == "dead"


def test_it_shows_poison_and_a_missing_worker_on_the_dashboard():
    client = signed_in("Administrator")
    number = re.compile(r"failed jobs</a></dt><dd[^>]*>(\d+)</dd>")
    page = client.get("/admin/").content.decode()
    assert number.search(page).group(1) == "0"
    assert "not seen" in page
    poison()
    Heartbeat.objects.create(worker="w", beat_at=timezone.now())
    page = client.get("/admin/").content.decode()
    assert number.search(page).group(1) == "1"
    assert "not seen" not in page
    assert "failed jobs" not in signed_in("Editor").get("/admin/").content.decode()


def test_it_says_how_many_letters_and_jobs_wait_and_leads_to_them():
    for number, state in enumerate(("waiting", "waiting", "sent")):
        Letter.objects.create(key=f"k{number}", template="t", to="a@example.org", subject="S", text="T", state=state)
    Job.objects.create(key="one", kind="k", state="ready", run_at=timezone.now())
    figures = section(home("Administrator"), "staff-health").select("dl")[0].select("div")
    counts = {not_none(each.a).get_text(): int(not_none(each.dd).get_text()) for each in figures}
    assert counts == {"letters that wait": 2, "jobs that wait": 1}
    assert rows_behind([not_none(each.a) for each in figures]) == [2, 1]


def test_it_keeps_the_text_of_letters_out_of_the_panel():
    """A letter may hold a link that signs somebody in: whoever may read the list must not be able to use it."""
    letter = Letter.objects.create(key="k", template="t", to="a@example.org", subject="S", text="SECRET-LINK")
    page = signed_in("Administrator").get(f"/admin/letter/inspect/{letter.pk}/").content.decode()
    assert "a@example.org" in page
    assert "SECRET-LINK" not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("created_at__date_from=2026-11-22", {"Noonan", "Nocturne"}),
        ("created_at__date_to=2026-11-22", {"Aurora", "Noonan"}),
        ("created_at__date_from=2026-11-22&created_at__date_to=2026-11-22", {"Noonan"}),
        ("created_at__date_from=nonsense", {"Aurora", "Noonan", "Nocturne"}),
    ],
)
def test_it_filters_by_days_of_the_panels_clock_with_both_ends_included(query, expected):
    """Los Angeles is eight hours behind: 7 a.m. UTC belongs to the day before."""
    moments = {"Aurora": "2026-11-22T07:59:00Z", "Noonan": "2026-11-23T07:59:00Z", "Nocturne": "2026-11-23T08:00:00Z"}
    for person, (name, at) in zip(supporters(*moments), moments.items(), strict=True):
        Supporter.objects.filter(pk=person.pk).update(name=name, created_at=at)
    page = signed_in("Administrator").get(f"/admin/supporter/?{query}").content.decode()
    assert {name for name in moments if name in page} == expected


NAMES = ["ÖZGE Kaya", "Żak", "ЧЕРВОНА", "Özil", "Łukasz Groß", "Ilse", "IŞIK", "Æsa", "ΟΔΟΣ", "Ada"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *[(typed, "ÖZGE Kaya") for typed in ("ÖZGE", "özge", "ozge", "OZGE", "özge KAYA", "O\u0308zge")],
        *[("żak", "Żak"), ("ZAK", "Żak"), ("червона", "ЧЕРВОНА"), ("ozil", "Özil"), ("ÖZİL", "Özil")],
        *[("lukasz", "Łukasz Groß"), ("GROSS", "Łukasz Groß"), ("ışık", "IŞIK"), ("isik", "IŞIK")],
        *[("aesa", "Æsa"), ("οδός", "ΟΔΟΣ"), (" ada ", "Ada"), ("PERSON9@", "Ada"), ("%", ""), ("ad_", "")],
    ],
)
def test_it_finds_names_whatever_capitals_and_marks_are_typed(finance_like, typed, found):
    supporters(*NAMES)
    answer = finance_like.get("/admin/supporter/", {"q": typed})
    assert [row.name for row in answer.context["object_list"]] == ([found] if found else [])


def test_it_shows_related_rows_page_by_page_and_says_how_many_there_are(finance_like, monkeypatch):
    monkeypatch.setattr("staff.list_views.PART", 3)
    now, sums = timezone.now(), {"currency": "USD", "amount": 1000, "total": 1000, "livemode": False}
    full, empty = (
        Plan.objects.create(subscription_id=f"sub_{name}", as_of=now, started_at=now, **sums) for name in "ab"
    )
    for _number in range(7):
        Gift.objects.create(email="ada@example.org", plan=full, **sums)
    inspect = f"/admin/plan/inspect/{full.pk}/"
    seen = []
    for part, says in ((1, "Rows 1 to 3 of 7."), (2, "Rows 4 to 6 of 7."), (3, "Rows 7 to 7 of 7.")):
        page = finance_like.get(inspect, {"rows-1": part}).content.decode()
        assert says in page
        seen += re.findall(r"/admin/gift/inspect/(\d+)/", page)
        assert (f"?rows-1={part + 1}#rows-1" in page) == (part < 3)
        assert (f"?rows-1={part - 1}#rows-1" in page) == (part > 1)
    assert len(seen) == len(set(seen)) == 7
    assert "Rows " not in finance_like.get(f"/admin/plan/inspect/{empty.pk}/").content.decode()
    for odd in ("0", "99", "x", ""):
        assert finance_like.get(inspect, {"rows-1": odd}).status_code == 200
