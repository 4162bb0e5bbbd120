"""Reading pages: notes and anchors agree, few queries, nothing that follows the reader."""

import re

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client
from wagtail.models import PageViewRestriction

from awareness.models import ArticlePage, Figure, HomePage, Navigation, SectionPage
from awareness.stream_bodies import ArticleBody, HomeBody
from tests.awareness.conftest import english

ARTICLE = "/the-problem/what-is-human-trafficking/"
ADDRESSES = ["/", "/the-problem/", ARTICLE, "/get-help/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_leads_every_raised_number_to_a_note_and_back(read, address):
    html = read(address)
    cites = re.findall(r'<sup><a href="#note-(\d+)" id="cite-(\d+)-(\d+)"[^>]*>(\d+)</a></sup>', html)
    notes = re.findall(r'<li id="note-(\d+)">(.*?)</li>', html, flags=re.DOTALL)
    assert [number for number, _ in notes] == [str(at + 1) for at in range(len(notes))]
    assert {cite[0] for cite in cites} == {number for number, _ in notes}
    assert all(target == own == shown for target, own, _, shown in cites)
    backs = {back for _, note in notes for back in re.findall(r'href="#(cite-\d+-\d+)"', note)}
    assert backs == {f"cite-{own}-{place}" for _, own, place, _ in cites}
    if address == ARTICLE:
        assert len(notes) > 20


def test_it_numbers_notes_in_the_order_of_reading(read):
    numbers = [int(number) for number in re.findall(r'id="cite-(\d+)-1"', read(ARTICLE))]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_gives_no_two_places_one_name_and_leads_every_local_link_somewhere(read, address):
    html = read(address)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_it_lists_the_sections_with_anchors_that_are_there(read):
    html = read(ARTICLE)
    contents = english(ArticlePage, slug="what-is-human-trafficking").contents()
    assert [text for _, text in contents][:2] == ["What the law says", "How many people"]
    for anchor, text in contents:
        assert f'<h2 id="{anchor}">{text}</h2>' in html


def test_it_makes_anchors_unique_and_keeps_those_that_an_editor_gave():
    body = ArticleBody()
    texts = [("Same", ""), ("Same", ""), ("Other", "same"), ("Ünïcode only: 日本", ""), ("日本", "")]
    raw = [{"type": "heading", "value": {"text": t, "level": "2", "anchor": a}} for t, a in texts]
    anchors = [child.value["anchor"] for child in body.clean(body.to_python(raw))]
    assert len(set(anchors)) == 5
    assert anchors[2] == "same"
    assert all(re.fullmatch(r"[a-z0-9-]+", anchor) for anchor in anchors)


def test_it_leaves_anchors_alone_when_a_page_is_saved_again():
    body = ArticleBody()
    raw = [{"type": "heading", "value": {"text": "Same", "level": "2", "anchor": ""}} for _ in range(3)]
    once = body.clean(body.to_python(raw))
    before = [child.value["anchor"] for child in once]
    assert [child.value["anchor"] for child in body.clean(once)] == before


def test_it_asks_no_more_for_a_page_with_many_links_and_figures(loaded, client, django_assert_max_num_queries):
    page, section, home = (
        english(ArticlePage, slug="what-is-human-trafficking"),
        english(SectionPage, slug="the-problem"),
        HomePage.objects.get(locale__language_code="en"),
    )
    link = f'<p><a linktype="page" id="{section.pk}">one</a> <a linktype="page" id="{home.pk}">two</a></p>'
    slugs = list(Figure.objects.current().values_list("slug", flat=True))
    body = ArticleBody()
    raw: list[dict[str, object]] = []
    for slug in slugs * 2:
        raw.append({"type": "paragraph", "value": link + f"<p>About {{figure:{slug}}}.</p>"})
        raw.append({"type": "stat", "value": {"figure": slug, "words": f"and {{figure:{slug}}}"}})
        action = {"label": "Go", "page": section.pk, "address": "", "style": "main"}
        raw.append({"type": "actions", "value": {"actions": [action]}})
    page.body = body.to_python(raw)
    page.save_revision().publish()
    client.get("/get-help/")
    with django_assert_max_num_queries(12):
        html = client.get(ARTICLE).content.decode()
    assert html.count('href="/the-problem/"') > 2 * len(slugs)
    assert "linktype" not in html
    assert not re.search(r"</sup>\.?\s*<sup>", html), "one note twice in a row"


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_sets_no_cookie_and_varies_on_nothing_personal(loaded, address):
    response = Client().get(address)
    assert not response.cookies
    assert "csrfmiddlewaretoken" not in response.content.decode()
    assert {part.strip().lower() for part in response.get("Vary", "").split(",")} <= {"", "accept-encoding"}
    assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_asks_nothing_of_third_parties(read, address):
    html = read(address)
    assert not re.findall(r'<(?:script|img|iframe|source|video)[^>]+(?:src|href)="(?:https?:)?//[^"]+"', html)
    assert not re.findall(r'<link[^>]+rel="(?:preload|stylesheet|preconnect|dns-prefetch)"[^>]+href="https?:', html)
    assert " style=" not in html


def test_it_lets_no_text_name_a_figure_that_is_out_of_use_or_not_there(loaded):
    body = ArticleBody()
    for slug in ("old-profits-2014", "no-such-figure"):
        for raw in (
            {"type": "paragraph", "value": f"<p>{{figure:{slug}}}</p>"},
            {"type": "stat", "value": {"figure": slug, "words": ""}},
            {"type": "pull", "value": {"text": f"{{figure:{slug}}}"}},
        ):
            with pytest.raises(ValidationError):
                body.clean(body.to_python([raw]))


def test_it_lets_no_field_of_dots_be_larger_than_its_whole(loaded):
    body = HomeBody()
    link = {"label": "More", "address": "/give/", "page": None}
    raw = {
        "whole": "sexual-exploitation-2021",
        "part": "forced-labour-2021",
        "per_dot": 100000,
        "words": "",
        "link": link,
    }
    with pytest.raises(ValidationError):
        body.clean(body.to_python([{"type": "lead_figure", "value": raw}]))


def test_it_lets_a_way_of_working_stand_without_a_link_and_refuses_half_of_one(loaded):
    body, way = HomeBody(), {"emblem": "", "title": "Shifting culture", "text": "Words."}
    for link, fits in (({}, True), ({"label": "More", "address": "/give/"}, True), ({"address": "/give/"}, False)):
        raw = {"title": "Ways", "intro": "", "ways": [{**way, "link": link}]}
        value = body.to_python([{"type": "ways", "value": raw}])
        if fits:
            assert body.clean(value)[0].value["title"] == "Ways"
        else:
            with pytest.raises(ValidationError):
                body.clean(value)


def test_it_escapes_what_editors_type(loaded, client):
    page = english(ArticlePage, slug="what-is-human-trafficking")
    page.title = "<script>alert(1)</script>"
    page.body = ArticleBody().to_python([{"type": "pull", "value": {"text": "<img src=x onerror=alert(2)>"}}])
    page.save_revision().publish()
    html = client.get(ARTICLE).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_it_shows_a_page_whose_figure_was_lost(loaded, client):
    page = english(SectionPage, slug="the-problem")
    page.body = ArticleBody().to_python([{"type": "paragraph", "value": "<p>About {figure:lost} people.</p>"}])
    page.save_revision().publish()
    html = client.get("/the-problem/").content.decode()
    assert "{figure" not in html


def test_it_serves_nothing_that_is_not_published(loaded, client):
    english(ArticlePage, slug="what-is-human-trafficking").unpublish()
    assert client.get(ARTICLE).status_code == 404
    assert client.get("/the-problem/no-such-page/").status_code == 404
    assert client.get("/front-page/").status_code == 404
    for address in ("/the-problem/", "/", "/our-solution/changing-laws/", "/articles/act-means-purpose/"):
        main = BeautifulSoup(client.get(address).content, "html.parser").main
        # The button of the hero belongs to the site, and leads there whatever editors do.
        assert not main.select('a:not(.hero a)[href*="what-is-human-trafficking"]'), address


def test_it_leads_to_no_part_of_a_page_that_is_not_published_in_either_language(loaded, client):
    """Only the words of the link stay, whoever typed its address, also in Spanish."""
    words = {"/our-solution/changing-laws/": "laws and institutions", "/es/our-solution/changing-laws/": "leyes e"}
    for address, said in words.items():
        assert f'#laws-and-institutions">{said}' in client.get(address).content.decode(), address
    for page in ArticlePage.objects.filter(slug="what-is-human-trafficking"):
        page.unpublish()
    for address, said in words.items():
        html = client.get(address).content.decode()
        assert f"<a>{said}" in html and "#laws-and-institutions" not in html, address


def test_it_keeps_a_page_below_a_restricted_one_restricted(loaded, client):
    PageViewRestriction.objects.create(
        page=english(SectionPage, slug="the-problem"), restriction_type="password", password="secret"
    )
    assert "Password" in client.get(ARTICLE).content.decode()
    alias = english(SectionPage, slug="the-problem").create_alias(
        parent=HomePage.objects.get(locale__language_code="en"), update_slug="copy", recursive=False
    )
    assert "Password" in client.get(alias.url).content.decode()


def test_it_follows_a_page_that_moves_in_menus_and_texts(loaded, client):
    navigation = Navigation.load()
    section = english(SectionPage, slug="the-problem")
    block = Navigation._meta.get_field("header").stream_block
    link = {"label": "Moved", "page": section.pk, "address": "", "note": ""}
    navigation.header = block.to_python([{"type": "link", "value": link}])
    navigation.save()
    section.slug = "the-matter"
    section.save_revision().publish()
    assert (
        '<a href="/the-matter/"' in client.get("/get-help/").content.decode()
        or '<a href="/the-matter/"' in client.get("/").content.decode()
    )


def test_it_names_the_way_back_up(read):
    html = read(ARTICLE)
    crumbs = html[html.index('class="crumbs"') : html.index("</nav>", html.index('class="crumbs"'))]
    assert '<a href="/the-problem/">The problem</a>' in crumbs


def test_it_lists_the_pages_of_a_section(read):
    assert f'<a href="{ARTICLE}">What is human trafficking?</a>' in read("/the-problem/")


def test_it_offers_giving_by_a_form_without_a_token(read):
    html = read("/")
    form = html[html.index('<form action="/give/"') : html.index("</form>")]
    assert 'method="get"' in form
    assert "checked" not in form


@pytest.mark.parametrize(
    ("drawing", "around", "words"),
    [
        (".dots", "figure", ["27.6 million", "6.3 million"]),
        (".elements", ".define", ["needed", "not needed"]),
    ],
)
def test_it_says_in_a_table_beside_it_what_a_drawing_shows(read, drawing, around, words):
    page = BeautifulSoup(read(ARTICLE), "html.parser")
    for svg in page.select(f"svg{drawing}"):
        place = next(place for place in page.select(around) if svg in place.find_all("svg"))
        cells = [cell.get_text(strip=True) for cell in place.select("table td")]
        assert set(words) <= set(cells)
        assert place.select_one("table caption").get_text(strip=True)
    assert page.select(f"svg{drawing}")


def test_it_sets_a_number_beside_each_bar(read):
    rows = BeautifulSoup(read(ARTICLE), "html.parser").select("table.hbar:has(rect) tr")
    assert len(rows) > 20
    assert all(
        row.select_one("th").get_text(strip=True) and re.search(r"\d", row.select_one(".v").text) for row in rows
    )


def test_it_draws_our_solution_from_problem_to_how_one_can_tell(read):
    rows = BeautifulSoup(read("/our-solution/"), "html.parser").select("table.chain tbody tr")
    assert [row.select_one("th").get_text(strip=True) for row in rows] == [
        "Shifting culture",
        "Changing laws",
        "Reaching out",
    ]
    assert all(len([cell for cell in row.select("td") if cell.get_text(strip=True)]) == 4 for row in rows)


def test_it_has_the_button_that_leaves_on_texts_about_trafficking_and_on_no_rules_or_releases(loaded, whole_site):
    read = whole_site.pages()
    for page in ArticlePage.objects.filter(locale__language_code__in=("en", "es")).live():
        address = page.get_url() or ""
        rules = "/policies/" in address or "/privacy/" in address or "/newsroom/" in address
        html = read[address]
        assert ('class="exit"' in html) != rules, address
        assert "data-leave" in html, address
