"""Pages of a list by keyset: forth and back, from both ends, with rows that come and go meanwhile."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from donations.models import Gift
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from staff import paging
from staff.list_views import has_index
from staff.paging import Counted, Window
from supporters.models import Supporter
from tests.bench import books
from tests.donations.conftest import charity  # noqa: F401 - a fixture
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def letters(count: int, first: int = 0) -> None:
    """Every third was never sent, and two share each moment."""
    Letter.objects.bulk_create(
        Letter(
            key=f"k{number}", template="t", to="a@example.org", subject=f"S{number}", text="",
            sent_at=None if number % 3 == 0 else NOW + timedelta(hours=number // 2),
        )
        for number in range(first, first + count)
    )  # fmt: skip


@pytest.mark.parametrize("order", [["-id"], ["id"], ["sent_at"], ["-sent_at"], ["state", "-sent_at"], ["subject"]])
def test_it_shows_each_row_once_in_the_databases_order_forth_and_back(order):
    letters(11)
    rows = Letter.objects.order_by(*order)
    whole = list(paging.one_order(rows))
    forth, place = [], ""
    while True:
        page = Window(rows, 3, place)
        forth.append(page.object_list)
        assert page.has_previous == (len(forth) > 1)
        if not (place := page.next):
            break
    assert [row for part in forth for row in part] == whole and page.has_next is False
    back: list[list[Letter]] = []
    place = "last"
    while True:
        page = Window(rows, 3, place)
        back.insert(0, page.object_list)
        if not (place := page.previous):
            break
    seen = [row for part in back[1:] for row in part]
    assert seen == whole[-len(seen) :] and back[0] == whole[:3]  # the first page is a whole one


def test_it_neither_repeats_nor_hides_rows_when_others_arrive_or_go():
    letters(9)
    rows = Letter.objects.all()
    first = Window(rows, 3, "")
    letters(4, first=9)
    Letter.objects.filter(pk=first.object_list[-1].pk - 1).delete()
    second = Window(rows, 3, first.next)
    assert [row.key for row in first] == ["k8", "k7", "k6"] and [row.key for row in second] == ["k4", "k3", "k2"]
    assert [row.key for row in Window(rows, 3, second.previous)] == ["k8", "k7", "k6"]
    assert [row.key for row in Window(rows, 3, "last")] == ["k2", "k1", "k0"]


@pytest.mark.parametrize("place", ["after-0", "before-999999", "after-x", "before-", "2", "after-99999999999999999999"])
def test_it_shows_the_first_page_where_the_address_names_no_row(place):
    letters(4)
    assert [row.key for row in Window(Letter.objects.all(), 3, place)] == ["k3", "k2", "k1"]


def test_it_leads_from_page_to_page_with_the_search_and_the_filters():
    for number in range(120):
        Supporter.objects.create(email=f"ada{number}@example.org", canonical=f"ada{number}", country="DE")
    staff, address = signed_in("Administrator"), "/admin/supporter/?q=ada&country=DE"
    page = staff.get(address).content.decode()
    assert "Found: 120 supporters" in page and 'rel="prev"' not in page
    seen = re.findall(r"inspect/(\d+)/", page)
    while following := re.search(r'href="([^"]+)" rel="next"', page):
        page = staff.get(following[1].replace("&amp;", "&")).content.decode()
        seen += re.findall(r"inspect/(\d+)/", page)
    assert len(set(seen)) == 120 and "p=last" not in page and 'rel="prev"' in page


def test_it_lists_one_currency_by_the_index_of_that_currency(charity):  # noqa: F811
    books.gifts(12, books.people(1))
    rows = Gift.objects.filter(currency__gte="EUR", currency__lte="EUR")
    led = paging.in_order(paging.hinted(rows, led="currency"))
    newest = list(rows.order_by("-pk"))
    assert led.query.order_by == ("currency", "-pk") and len(newest) == 4
    first, last = Window(led, 2, ""), Window(led, 2, "last")
    assert [*first, *Window(led, 2, first.next)] == newest == [*Window(led, 2, last.previous), *last]
    assert paging.in_order(paging.hinted(rows.order_by("total"), led="currency")).query.order_by == ("total", "-pk")
    if connection.vendor == "postgresql":  # it could not, if it were told to compare the currency with one value
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        assert "gift_of_currency" in led[:3].explain()
    page = signed_in("Finance").get("/admin/gift/?currency=EUR")
    assert [row.pk for row in page.context["object_list"]] == [row.pk for row in newest]


def test_it_counts_few_rows_and_says_about_how_many_there_are_of_more(monkeypatch):
    letters(60)
    assert Counted(Letter.objects.filter(key="k1")).items_count_label == "1 letter"
    assert Counted(Letter.objects.all()).items_count_label == "60 letters"
    monkeypatch.setattr(paging, "EXACT", 20)
    monkeypatch.setattr(paging, "MANY", 40)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE letters_letter")
        assert Counted(Letter.objects.all()).items_count_label == "about 60 letters"
    else:
        assert Counted(Letter.objects.all()).items_count_label == "more than 20 letters"


def test_it_sorts_a_large_list_only_by_what_has_an_index(monkeypatch):
    assert has_index(Letter, "created_at") and has_index(Letter, "pk") and has_index(Job, "key")
    assert not any(has_index(Letter, name) for name in ("subject", "state", None)) and not has_index(Job, "run_at")
    letters(3)
    staff = signed_in("Administrator")
    assert "ordering=subject" in staff.get("/admin/letter/").content.decode()
    monkeypatch.setattr("staff.list_views.LARGE", 2)
    cache.clear()
    page = staff.get("/admin/letter/").content.decode()
    assert "ordering=subject" not in page and "ordering=created_at" in page
    rows = staff.get("/admin/letter/?ordering=subject").context["object_list"]
    assert [row.key for row in rows] == ["k2", "k1", "k0"]
