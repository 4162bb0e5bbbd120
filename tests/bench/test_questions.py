"""What a page of the panel asks the database: few questions for every list, and for the first page of each role."""

import json

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.forms import RadioSelect
from django.template import Context
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now
from wagtail import hooks
from wagtail.admin.telepath import Adapter
from wagtail.admin.ui.sidebar import BaseSidebarAdapter
from wagtail.admin.ui.tables import Table

from donations.models import Gift
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from staff import list_filters, list_views
from staff.counting import counts
from staff.list_views import table_of
from staff.lists import ReadOnlyViewSet
from tests.bench import crowd
from tests.staff.users import member, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both]

MOST = 12  # questions of a list
LAST, NOBODY, MAIL, NAME = "?p=last", "?q=nobodyhasthis", "?q=person3@donor.example", "?q=Ada"
SECOND = "?p=after-{newest}"
LARGE = {
    "gift": (LAST, SECOND, NOBODY, MAIL, NAME, "?status=paid&currency=EUR"),
    **dict.fromkeys(("ledgerentry", "receipt"), (LAST, MAIL, NAME)),
    **dict.fromkeys(("letter", "supporter"), (LAST, NOBODY, MAIL)),
    **dict.fromkeys(("stripeevent", "job"), (LAST, NOBODY)),
}
FRONT = {"Donor care": 24, "Finance": 28, "Administrator": 46}


def kinds() -> list[ReadOnlyViewSet]:
    """Every list of rows that staff read."""
    groups = [make() for make in hooks.get_hooks("register_admin_viewset")]
    every = [each for group in groups for each in getattr(group, "registerables", [group])]
    return [each for each in every if isinstance(each, ReadOnlyViewSet)]


def asked(client, address: str) -> int:
    with CaptureQueriesContext(connection) as questions:
        assert client.get(address).status_code == 200, address
    return len(questions)


def squeezed(html: str) -> str:
    """Without the space between tags and at the ends of texts: what a browser shows and a screen reader reads."""
    soup = BeautifulSoup(html, "html.parser")
    for text in soup.find_all(string=True):
        text.replace_with(" ".join(str(text).split()))
    return str(soup)


def test_it_asks_few_questions_for_every_list(charity, monkeypatch):
    monkeypatch.setattr(list_views, "A_WHILE", None)  # a slow machine asks no more than a fast one
    crowd.books(64)  # more than a page of gifts, entries, receipts, letters, events and jobs
    staff = signed_in("Administrator")
    lists = [each.model._meta.model_name for each in kinds()]
    assert {"plan", "payout", "dispute", "gap", *LARGE} <= set(lists)
    newest = Gift.objects.latest("pk").pk
    staff.get("/admin/gift/")  # what a process keeps is there
    found = {}
    for name in lists:
        staff.get(f"/admin/{name}/")  # so is whether the table is small
        for query in ("", *LARGE.get(name, ())):
            address = f"/admin/{name}/{query}".format(newest=newest)
            found[address] = asked(staff, address)
    assert {address: number for address, number in found.items() if number > MOST} == {}


@pytest.mark.django_db(transaction=True)  # as staff are answered: what is kept is not kept inside a transaction
@pytest.mark.parametrize("role", FRONT)
def test_it_asks_few_questions_for_the_first_page_of_a_role(charity, role):
    crowd.books(64)
    staff = signed_in(role)
    staff.get("/admin/")
    assert asked(staff, "/admin/") <= FRONT[role]


def test_it_writes_cells_as_wagtail_does(charity):
    crowd.books(3)
    Gift.objects.filter(reference="C1").update(name='<b>"A & B"</b>', email="")
    Gift.objects.filter(reference="C2").update(name="מרים \u202eרחל")
    names = ["reference", "name", "status", "supporter", "amount", "total_text", "livemode", "paid_at", "plan", "batch"]
    table = table_of(member("Administrator"), names, list(Gift.objects.order_by("pk")))
    ours = table.render_html(Context())
    assert squeezed(ours) == squeezed(Table.render_html(table, Context())) and "<b>" not in ours
    assert len(BeautifulSoup(ours, "html.parser").select("tbody tr")) == 4


@pytest.mark.parametrize("chosen", ["", "paid", "b<"])
def test_it_draws_radio_buttons_as_django_does(chosen):
    choices = [("", "All"), ("paid", "Paid"), ("b<", 'Quotation "marks" & <b>')]
    drawn = [
        kind(choices=choices, attrs={"class": "wide", "required": True}).render("status", chosen, {"id": "id_status"})
        for kind in (list_filters.RadioSelect, RadioSelect)
    ]
    assert squeezed(drawn[0]) == squeezed(drawn[1])
    assert drawn[0].count("checked") == 1


def test_it_packs_the_same_menu_as_wagtail(charity, monkeypatch):
    staff = signed_in("Finance")

    def menu() -> dict:
        page = BeautifulSoup(staff.get("/admin/gift/").content, "html.parser")
        return json.loads(page.select_one("#wagtail-sidebar-props").text)

    ours = menu()
    monkeypatch.setattr(BaseSidebarAdapter, "get_media", Adapter.get_media)
    assert ours == menu() and "/admin/gift/" in json.dumps(ours)


def test_it_sees_at_once_that_a_right_came_or_went(charity):
    user = member()
    staff = sign_in(Client(), user)
    right = Permission.objects.get(codename="view_job")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    assert staff.get("/admin/job/").status_code == 302
    user.user_permissions.add(right)
    assert staff.get("/admin/job/").status_code == 200 and "/admin/job/" in staff.get("/admin/").content.decode()
    user.user_permissions.remove(right)
    assert staff.get("/admin/job/").status_code == 302 and "/admin/job/" not in staff.get("/admin/").content.decode()
    group = Group.objects.create(name="Watch")
    group.permissions.add(right)
    user.groups.add(group)
    assert staff.get("/admin/job/").status_code == 200
    group.permissions.remove(right)
    assert staff.get("/admin/job/").status_code == 302
    user.groups.remove(group)
    user.is_active = False
    user.save()
    assert staff.get("/admin/").status_code == 302


def test_it_reads_the_organisation_anew_for_each_page(charity):
    staff = signed_in("Administrator")
    form = reverse("wagtailsettings:edit", args=["organisation", "organisation"])
    for name in ("Before", "After"):
        Organisation.objects.update(name=name)
        assert f'value="{name}"' in staff.get(form, follow=True).content.decode()


def test_it_counts_several_kinds_of_rows_at_once(django_assert_num_queries):
    Job.objects.create(kind="k", key="k1", run_at=now(), state=Job.State.DEAD)
    rows = (
        Job.objects.all(),
        Letter.objects.all(),
        Job.objects.filter(state=Job.State.READY),
        Job.objects.order_by("key"),
    )
    with django_assert_num_queries(1):
        assert counts(*rows) == [1, 0, 0, 1]
    assert counts() == [] and counts(Job.objects.all()) == [1]
    for row in (Job.objects.all()[:1], Job.objects.values("kind").distinct()):
        with pytest.raises(ValueError, match="Job"):
            counts(Letter.objects.all(), row)
