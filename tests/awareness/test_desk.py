"""What editors are told to look at: figures that are too old, by the organisation's own calendar."""

import pytest
import time_machine

from awareness.facts import Figure, Source
from foundation.organisation.models import Organisation
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/snippets/awareness/figure/?age=old"


@pytest.fixture
def figures():
    """Two figures of 2021: one may be four years old, one six; and one that is out of use."""
    Organisation.objects.update_or_create(pk=Organisation.load().pk, defaults={"time_zone": "America/Los_Angeles"})
    source = Source.objects.create(slug="s", publisher="P", title="T", year=2022)
    common = {"source": source, "measured": "2021", "phrase": "x", "mark": "V1"}
    Figure.objects.create(slug="four", text="4 thousand", counts="soon old", old_after=4, **common)
    Figure.objects.create(slug="six", text="6 thousand", counts="old later", old_after=6, **common)
    Figure.objects.create(slug="gone", text="9", counts="out of use", status="superseded", correction="x", **common)


@pytest.mark.parametrize(
    ("moment", "old"),
    [
        ("2026-01-01T07:59:59Z", []),  # in Los Angeles it is still the last day of 2025
        ("2026-01-01T08:00:00Z", ["4 thousand"]),
        ("2028-01-01T07:59:59Z", ["4 thousand"]),
        ("2028-01-01T08:00:00Z", ["4 thousand", "6 thousand"]),
    ],
)
def test_it_warns_from_the_day_on_which_a_figure_is_older_than_its_set_age(figures, moment, old):
    with time_machine.travel(moment, tick=False):
        editor = signed_in("Editor")
        listed = editor.get(LIST)
        assert [row.text for row in listed.context["object_list"]] == old[::-1]
        assert listed.content.decode().count("look for a newer one") == len(old)
        home = editor.get("/admin/").content.decode()
        assert 'href="/admin/snippets/awareness/figure/?age=old">figures older than they may be</a>' in home
        assert f">{len(old)}</dd>" in home


def test_it_shows_all_figures_while_nobody_asks_for_the_old_ones(figures):
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        listed = signed_in("Editor").get("/admin/snippets/awareness/figure/")
    assert len(listed.context["object_list"]) == 3


def test_it_tells_only_those_who_can_change_a_figure(figures):
    assert "What wants a look" not in signed_in("Finance").get("/admin/").content.decode()
