"""Facts and sources: all of them, once, for readers and for programs; nothing that is only for staff."""

import csv
import datetime
import json
from io import StringIO

import pytest
from bs4 import BeautifulSoup

from awareness.models import Figure, Source

ADDRESS = "/the-problem/facts-and-sources/"


@pytest.fixture
def page(read):
    return BeautifulSoup(read(ADDRESS), "html.parser")


def rows_of(page, heading: str) -> list[str]:
    table = page.select_one(f"#{heading}").find_next("table")
    return [row["id"] for row in table.select("tbody tr:has(td)")]


def test_it_lists_each_figure_in_use_and_each_correction(page):
    assert set(rows_of(page, "figures")) == set(Figure.objects.current().values_list("slug", flat=True))
    assert set(rows_of(page, "corrections")) == set(Figure.objects.corrected().values_list("slug", flat=True))
    assert len(rows_of(page, "figures")) > 20
    assert rows_of(page, "corrections")


def test_it_sets_the_figures_of_one_publication_together(page):
    table = page.select_one("#figures").find_next("table")
    heads = [part.select_one("th[scope=rowgroup] a")["href"] for part in table.select("tbody")]
    assert len(heads) == len(set(heads))
    for part in table.select("tbody"):
        slugs = [row["id"] for row in part.select("tr:has(td)")]
        sources = set(Figure.objects.filter(slug__in=slugs).values_list("source__slug", flat=True))
        assert {f"#source-{source}" for source in sources} == {part.select_one("a")["href"]}


def test_it_lists_each_source_and_leads_to_it(page):
    for slug in Source.objects.values_list("slug", flat=True):
        assert page.select_one(f"#source-{slug}") is not None
    for link in page.select('table a[href^="#"]'):
        assert page.select_one(f'[id="{link["href"][1:]}"]') is not None, link


def test_it_says_which_sources_somebody_here_has_opened_and_apologises_for_none(loaded, client):
    assert "(checked" not in client.get(ADDRESS).content.decode()
    Source.objects.filter(slug="palermo-protocol").update(
        checked_on=datetime.date(2026, 11, 20), checked_by="A. Person"
    )
    html = client.get(ADDRESS).content.decode()
    assert "(checked 20 November 2026)" in html
    assert "A. Person" not in html


def test_it_gives_the_same_facts_to_programs(loaded, client):
    told = json.loads(client.get("/figures.json").content)["figures"]
    table = list(csv.DictReader(StringIO(client.get("/figures.csv").content.decode())))
    rows = {figure.slug: figure for figure in Figure.objects.select_related("source")}
    assert {row["name"] for row in told} == {row["name"] for row in table} == set(rows)
    for row in told:
        figure = rows[row["name"]]
        assert (row["status"], row["year_measured"], row["publisher"]) == (
            figure.status,
            figure.measured,
            figure.source.publisher,
        )
        assert row["year_published"] == figure.source.year
        assert (float(row["value"]) if row["value"] else None) == (float(figure.value) if figure.value else None)
        assert row["checked_on"] is None


def test_it_keeps_what_is_for_staff_to_staff(loaded, client):
    for address in (ADDRESS, "/figures.json", "/figures.csv"):
        text = client.get(address).content.decode()
        for source in Source.objects.exclude(seen_at=""):
            assert source.seen_at not in text
        assert "V2" not in text


def test_it_writes_no_formula_into_the_table(loaded, client):
    Figure.objects.filter(slug="forced-labour-2021").update(phrase="=HYPERLINK(1)")
    table = csv.DictReader(StringIO(client.get("/figures.csv").content.decode()))
    row = next(row for row in table if row["name"] == "forced-labour-2021")
    assert row["sentence"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("name", ["/figures.json", "/figures.csv", ADDRESS])
def test_it_asks_the_database_at_most_twelve_times(loaded, client, django_assert_max_num_queries, name):
    client.get("/")
    with django_assert_max_num_queries(12):
        assert client.get(name).status_code == 200


@pytest.mark.parametrize(
    ("measured", "published", "after", "old"),
    [
        ("2021", 2022, 4, True),
        ("2021", 2022, 5, False),
        ("2022", 2022, 4, False),
        ("2017–2021", 2022, 5, False),
        ("", 2020, 4, True),
        ("", 2024, 4, False),
    ],
)
def test_it_knows_when_a_figure_is_older_than_its_set_age(measured, published, after, old):
    figure = Figure(measured=measured, old_after=after, source=Source(year=published))
    assert figure.is_old(datetime.date(2026, 11, 23)) is old
