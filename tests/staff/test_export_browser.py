"""A list as a file in a browser without JavaScript, on a phone: found, fetched and thrown away, and that is said."""

import csv
import re

import pytest
from playwright.sync_api import expect

from tests.browsers import follow
from tests.staff.test_browser import Newcomer

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# A file that the worker wrote for who entered last: of fifty thousand rows one would be written for minutes.
WRITTEN = """
from datetime import timedelta
from django.utils import timezone
from staff import export_jobs
from staff.models import Export, User
from supporters.supporters import get_or_create_supporter
get_or_create_supporter("maria-exported@example.org", '=María "la" Ñandú')
day = timezone.now() + timedelta(days=1)
facts = {"path": "/admin/supporter/", "query": "export=csv", "name": "list.csv", "rows": 51000, "done": 51000}
facts |= {"data": {"list": "supporters.Supporter", "format": "csv", "filters": []}, "machine": export_jobs.machine()}
export = Export.objects.create(user=User.objects.latest("pk"), finished_at=day, expires_at=day, **facts)
export_jobs.folder().mkdir(exist_ok=True)
export_jobs.file_of(export).write_text("whole")
print("EXPORT", export.token)
"""


def test_it_gives_lists_as_files_without_javascript(open_page, running_site):
    tab = open_page("phone", javascript=False, base_url=running_site.url)
    tab.context.add_cookies([Newcomer(running_site).session("Administrator")])
    token = running_site.manage("shell", "-c", WRITTEN).split("EXPORT ")[-1].strip()
    tab.goto("/admin/supporter/?q=maria-exported")
    with tab.expect_download() as small:
        tab.get_by_role("link", name="Download CSV").click()
    rows = list(csv.reader(small.value.path().read_text("utf-8-sig").splitlines()))
    assert len(rows) == 2 and '\'=María "la" Ñandú' in rows[1]
    tab.goto(f"/admin/exports/{token}/")
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Supporters")
    with tab.expect_download() as large:
        tab.get_by_role("link", name="Fetch the file").click()
    assert large.value.suggested_filename == "list.csv" and large.value.path().read_text() == "whole"
    follow(tab.get_by_role("button", name="Throw it away"))
    expect(tab).to_have_url(re.compile("/admin/supporter/$"))
    said = tab.get_by_text("The file is thrown away.")
    expect(said).to_be_in_viewport()
    assert said.evaluate("each => getComputedStyle(each.parentElement).opacity") == "1"
    assert tab.wrongs == []
