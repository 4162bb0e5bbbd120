"""Searches, uploads and imports of the panel that made an error, or took all there is."""

import csv
import io
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook
from taggit.models import Tag
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.log_actions import log
from wagtail.models import GroupApprovalTask

from tests.staff.users import member, password_only, sign_in, signed_in

pytestmark = pytest.mark.django_db
IMPORT = "/admin/redirects/import/"
SEARCHES = ("documents", "documents/chooser/results", "images", "pages/search", "choose-page/search", "users")


@pytest.mark.parametrize("words", ['"', 'a"b', '"report', 'report "'])
def test_it_searches_the_panel_for_a_quotation_mark(words):
    Document.objects.create(title='The "report" of May', file=ContentFile(b"x", "report.txt"))
    client = sign_in(Client(), member("Administrator", is_superuser=True))
    for address in SEARCHES:
        assert client.get(f"/admin/{address}/", {"q": words}).status_code == 200, address
    found = client.get("/admin/documents/", {"q": '"report'}).content.decode()
    assert "of May" in found


@pytest.mark.parametrize("typed", ["ÖZGE", "özge", "ozge", "OZGE"])
def test_it_finds_files_redirects_and_staff_whatever_capitals_and_marks_are_typed(typed):
    """Wagtail's own lists: those that ask its index, and those that ask the rows."""
    report = Document.objects.create(title="Özge reports", file=ContentFile(b"x", "report.txt"))
    log(report, "wagtail.create")
    Redirect.objects.create(old_path="/özge", redirect_link="/about/")
    member("Editor", email="person@example.org", first_name="Özge")
    client = sign_in(Client(), member("Administrator", is_superuser=True))
    for address in ("documents", "redirects", "users"):
        assert len(client.get(f"/admin/{address}/", {"q": typed}).context["object_list"]) == 1, address
    member("Editor", email="other@example.org", first_name="Ada")
    all_of_them = {"q": typed, "id": "all", "next": "/admin/users/"}
    chosen = client.get("/admin/bulk/staff/user/set_active_state/", all_of_them).context["items"]
    assert [row["item"].first_name for row in chosen] == ["Özge"]
    history = client.get("/admin/reports/site-history/", {"label": typed})
    assert [row.label for row in history.context["object_list"]] == ["Özge reports"]
    GroupApprovalTask.objects.create(name="Read by Özge")
    chosen = client.get("/admin/workflows/task_chooser/results/", {"q": typed}).context["tasks"]
    assert [task.name for task in chosen] == ["Read by Özge"]
    Tag.objects.create(name="Özge at work", slug="at-work")
    assert client.get("/admin/tag-autocomplete/", {"term": typed}).json() == ["Özge at work"]


class Unread(io.BytesIO):
    def read(self, *args: object) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def too_large(client: Client, path: str) -> int:
    """The status of 150 MB sent there in parts."""
    form: dict[str, Any] = {
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "CONTENT_LENGTH": "150000000",
        "wsgi.input": Unread(),
    }
    return client.generic("POST", path, **form).status_code


@pytest.mark.parametrize("path", ["/", "/pledge/", "/search/", "/stripe/webhook/", "/accounts/login/", "/nothing/"])
def test_it_reads_no_large_body_of_a_stranger(client, path):
    assert too_large(client, path) == 413
    assert too_large(client, "/es" + path) == 413


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/logout/", "/admin/password_reset/", "/admin/images/add/"])
def test_it_reads_no_large_body_at_the_doors_of_the_panel(path):
    anonymous, half = Client(), password_only(Client(), member("Editor"))
    assert too_large(anonymous, path) in (302, 413)
    assert too_large(half, path) in (302, 413)


def test_it_lets_staff_upload_what_is_large():
    with pytest.raises(AssertionError, match="the body was read"):
        too_large(signed_in("Editor"), "/admin/documents/multiple/add/")


def rows(count: int, columns: int) -> list[list[str]]:
    """So many redirects under a row of headings, in so many columns."""
    numbers = range(count + 1)
    return [[f"/old-{number}", *[f"https://example.org/{number}"] * (columns - 1)] for number in numbers]


def sheet(count: int, columns: int = 2) -> bytes:
    book, out = Workbook(write_only=True), io.BytesIO()
    page = book.create_sheet()
    for row in rows(count, columns):
        page.append(row)
    book.save(out)
    return out.getvalue()


def text(count: int, columns: int = 2) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows(count, columns))
    return out.getvalue().encode()


def imported(client: Client, name: str, content: bytes) -> str:
    return client.post(IMPORT, {"import_file": SimpleUploadedFile(name, content)}).content.decode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("long.csv", text(1001)),
        ("wide.csv", text(3, 21)),
        ("heavy.csv", b"/a,/b\n" + b"/" + b"x" * 200_000 + b",/c\n"),
        ("long.xlsx", sheet(1001)),
        ("wide.xlsx", sheet(3, 27)),
    ],
    ids=["long", "wide", "heavy", "long book", "wide book"],
)
def test_it_imports_no_file_of_redirects_that_no_page_could_show(name, content):
    page = imported(signed_in("Editor"), name, content)
    assert "holds at most 1000 rows" in page and "/old-3" not in page
    assert len(page) < 200_000


@pytest.mark.parametrize(("name", "content"), [("some.csv", text(3)), ("some.xlsx", sheet(3))], ids=["text", "book"])
def test_it_imports_a_file_of_redirects(name, content):
    client = signed_in("Editor")
    answer = client.post(IMPORT, {"import_file": SimpleUploadedFile(name, content)})
    hidden = answer.context["form"].initial
    form = {key: hidden[key] for key in ("import_file_name", "input_format")}
    client.post(f"{IMPORT}process/", {**form, "from_index": "0", "to_index": "1", "permanent": "on"})
    assert Redirect.objects.filter(old_path__startswith="/old-").count() == 3


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\xff\xfe\x00", b""])
def test_it_says_when_a_file_of_redirects_cannot_be_read(content):
    client = signed_in("Editor")
    for name in ("some.csv", "some.xlsx"):
        assert client.post(IMPORT, {"import_file": SimpleUploadedFile(name, content)}).status_code in (200, 302)
