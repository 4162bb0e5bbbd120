"""The panel's first page: signatures of each pledge, and the rows behind each number."""

from datetime import UTC, datetime

import pytest
import time_machine

from foundation.organisation.models import Organisation
from pledges.models import Pledge, Signature
from tests.pledges.test_crowds_of_one_domain import signed
from tests.staff.front_page import home, rows_behind, section

pytestmark = pytest.mark.django_db


def test_it_counts_signatures_of_each_pledge_this_month_and_in_all_and_those_that_wait():
    organisation = Organisation.load()
    organisation.time_zone = "America/New_York"
    organisation.save()
    made = [Pledge.objects.create(slug=name, title=name, is_main=name == "B") for name in ("A", "B")]
    other, main = [pledge for pledge in made if pledge.texts.create(version=1, text="Words.")]
    with time_machine.travel(datetime(2026, 11, 1, 3, tzinfo=UTC)):  # still October in New York
        signed(main, "a@x.example")
    with time_machine.travel(datetime(2026, 11, 12, 2, tzinfo=UTC)):
        signed(main, "b@x.example")
        signed(main, "c@x.example")
        signed(other, "a@x.example")
        Signature.objects.create(
            pledge=main, text=main.texts.get(), email="d@x.example", canonical="d@x.example", age=16
        )
        rows = section(home(), "pledges-signatures").select("table tbody tr")
        shown = [[cell.get_text() for cell in row.select("th, td")] for row in rows]
        assert shown == [["B", "3", "2", "1"], ["A", "1", "1", "0"]]
        assert [rows_behind(row.select("a")) for row in rows] == [[3, 2, 1], [1, 1, 0]]
