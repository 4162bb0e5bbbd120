"""Numbers: each from a row with its source; old ones in the table of corrections and nowhere else."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from wagtail.blocks import ListBlock, RichTextBlock, StreamBlock, StructBlock
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page, ReferenceIndex

from awareness.base_blocks import NameBlock
from awareness.facts import Figure, Source
from awareness.links import LinkBlock
from tests.awareness.conftest import main_of
from tests.staff.users import signed_in

ARTICLE = "/the-problem/what-is-human-trafficking/"
ADDRESSES = ["/", "/the-problem/", ARTICLE, "/get-help/"]
OLD = ["about 21 million", "24.9 million", "40.3 million", "US$150 billion", "US$99 billion", "600,000", "98 per cent"]

# What may be typed in a text: a rule a line. Everything else with a digit, or worded like a statistic, is a number
# that has to come from a Figure.
MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
MES = "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
TYPED = [
    r"\{(?:figure|source):[a-z0-9-]+\}",
    rf"\b\d{{1,2}} (?:{MONTH})(?: \d{{4}})?",
    r"\b(?:19|20)\d\d\b(?![,.]\d|/)",  # years
    r"\b(?:Article|Section|Tier|Part) \d+\b",
    r"\bDirective (?:2011/36/EU|\(EU\) 2024/1712)",
    r"\bunder 18\b|\bmen(?:os|or|ores) de 18 años\b",  # the age of the law
    rf"\b\d{{1,2}} de (?:{MES})(?: de \d{{4}})?",
    r"\b(?:Artículo|[Ss]ección|Nivel) \d+\b",
    r"\bDirectiva (?:2011/36/UE|\(UE\) 2024/1712)",
]
STATISTIC = re.compile(
    r"\d|per ?cent|%|\b(?:million|billion|thousands|hundreds)\b"
    r"|\bin (?:two|three|four|five|ten)\b|\bhalf\b|\bthirds?\b|\bquarters?\b"
    r"|\bpor ciento\b|\bmill(?:ón|ones)\b|\bmiles\b|\bla mitad\b|\btercios?\b|\bde cada (?:dos|tres|cinco|diez)\b",
    re.IGNORECASE,
)


def statistics_in(text: str) -> list[str]:
    for rule in TYPED:
        text = re.sub(rule, " ", text)
    return [text[max(0, found.start() - 30) : found.end() + 10] for found in STATISTIC.finditer(text)]


def typed_words(block, value, path=""):
    """Every text that an editor types into a block; choices of rows, numbers of dots and addresses are none."""
    if isinstance(block, StreamBlock):
        for child in value:
            yield from typed_words(child.block, child.value, child.block_type)
    elif isinstance(block, ImageBlock):
        yield f"{path}.alt_text", (value and value.contextual_alt_text) or ""
    elif isinstance(block, StructBlock):
        for name, child in block.child_blocks.items():
            if isinstance(block, LinkBlock) and name in ("page", "address", "style"):
                continue
            if name not in ("level", "anchor", "per_dot", "emblem", "apart"):
                yield from typed_words(child, value.get(name), f"{path}.{name}")
    elif isinstance(block, ListBlock):
        for item in value:
            yield from typed_words(block.child_block, item, path)
    elif not isinstance(block, NameBlock) and value:
        yield path, re.sub(r"<[^>]+>", " ", value.source if isinstance(block, RichTextBlock) else str(value))


def texts_of_page(page):
    for name in ("title", "seo_title", "search_description", "headline", "deck", "content_note", "intro"):
        yield name, re.sub(r"<[^>]+>", " ", getattr(page, name, "") or "")
    yield from typed_words(page.body.stream_block, page.body)


@pytest.mark.parametrize(
    "text", ["27.6 million people", "98 %", "one in five", "more than half", "about 900", "1,000", "la mitad"]
)
def test_it_knows_a_typed_statistic_when_it_sees_one(text):
    assert statistics_in(text)


@pytest.mark.parametrize(
    "text", ["on 28 October 2000", "Article 3", "{figure:x-2021} in 2021", "under 18", "menor de 18 años"]
)
def test_it_lets_dates_and_the_names_of_laws_be_typed(text):
    assert not statistics_in(text)


def test_it_types_no_statistic_in_a_text(loaded):
    found = [
        (page.title, where, hit)
        for page in Page.objects.filter(depth__gt=1).specific()
        for where, text in texts_of_page(page)
        for hit in statistics_in(text)
    ]
    assert found == []


def test_it_gives_every_figure_a_source_and_a_year(loaded):
    for figure in Figure.objects.select_related("source"):
        assert figure.source.publisher and figure.source.title
        assert figure.when, figure
        figure.full_clean()


@pytest.mark.django_db
def test_it_saves_no_figure_without_a_source():
    figure = Figure(slug="x", text="5", counts="things", measured="2020", phrase="Five.", mark="V1")
    with pytest.raises(ValidationError, match="source"):
        figure.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        figure.save()


def test_it_loads_nothing_that_nobody_has_seen(loaded):
    assert set(Figure.objects.values_list("mark", flat=True)) <= {"V1", "V2", "D"}
    assert set(Source.objects.values_list("mark", flat=True)) <= {"V1", "V2"}


def test_it_claims_no_date_of_checking_that_nobody_made(loaded, read):
    assert not Source.objects.exclude(checked_on=None, checked_by="").exists()
    assert "(checked" not in main_of(read(ARTICLE))


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_keeps_old_figures_out_of_everything_but_the_corrections(read, address):
    html = read(address)
    without = re.sub(r"<figure[^>]*>(?:(?!</figure>).)*<table class=\"data\">.*?</figure>", " ", html, flags=re.DOTALL)
    for old in [*OLD, *Figure.objects.corrected().values_list("text", flat=True)]:
        assert old not in main_of(without), old


def test_it_says_what_replaced_an_old_figure(read):
    html = read(ARTICLE)
    rows = re.findall(r"<tr>(.*?)</tr>", html[html.index('class="data"') :], flags=re.DOTALL)
    row = next(row for row in rows if "about 21 million" in row)
    assert "27.6 million" in row
    row = next(row for row in rows if "600,000 to 800,000" in row)
    assert "questionable" in row and "No number" in row


def test_it_shows_none_of_the_notes_for_staff(read):
    pages = "".join(read(address) for address in ADDRESSES)
    for source in Source.objects.exclude(seen_at=""):
        assert source.seen_at not in pages
    assert not re.search(r"\bV[12]\b", main_of(read(ARTICLE)))


def test_it_names_no_page_where_a_figure_was_merely_seen(read):
    html = read(ARTICLE)
    for seen in ("altiorem", "chronicleindia", "hr.asia", "aljazeera", "acrath", "wikipedia", "scribd"):
        assert seen not in html


def test_it_changes_a_number_on_every_page_when_staff_edit_the_row(read, client):
    figure = Figure.objects.get(slug="forced-labour-2021")
    staff = signed_in("Editor")
    edit = staff.get(f"/admin/snippets/awareness/figure/edit/{figure.pk}/")
    assert edit.status_code == 200
    fields = {
        name: getattr(figure, name)
        for name in ("slug", "value", "counts", "measured", "phrase", "method", "mark", "old_after")
    }
    saved = staff.post(
        f"/admin/snippets/awareness/figure/edit/{figure.pk}/",
        {
            **fields,
            "text": "28.1 million",
            "short": "28.1m",
            "source": figure.source_id,
            "status": "current",
            "replaced_by": "",
            "correction": "",
        },
    )
    assert saved.status_code == 302, saved.context["form"].errors
    assert "28.1m" in main_of(read("/"))
    assert "28.1 million" in main_of(read(ARTICLE))
    assert "27.6" not in main_of(read(ARTICLE))


def test_it_keeps_the_short_name_that_texts_use(loaded):
    figure = Figure.objects.first()
    figure.slug = "another-name"
    with pytest.raises(ValidationError, match="short name"):
        figure.full_clean()


def test_it_deletes_no_figure_that_a_page_uses(loaded):
    used = Figure.objects.get(slug="detected-2022")
    assert ReferenceIndex.get_references_to(used).exists()
    staff = signed_in("Editor")
    staff.post(f"/admin/snippets/awareness/figure/delete/{used.pk}/")
    assert Figure.objects.filter(pk=used.pk).exists()
    free = Figure.objects.get(slug="at-risk-goods-2023")
    staff.post(f"/admin/snippets/awareness/figure/delete/{free.pk}/")
    assert not Figure.objects.filter(pk=free.pk).exists()


def test_it_finds_and_filters_facts_in_the_panel(loaded):
    staff = signed_in("Editor")
    found = staff.get("/admin/snippets/awareness/figure/", {"q": "detected"}).content.decode()
    assert "69,627" in found and "US$236 billion" not in found
    old = staff.get("/admin/snippets/awareness/figure/", {"status": "contested"}).content.decode()
    assert "600,000 to 800,000" in old and "27.6 million" not in old
    lines = staff.get("/admin/snippets/awareness/hotline/", {"q": "Unseen"}).content.decode()
    assert "08000 121 700" in lines and "1-888-373-7888" not in lines
    assert staff.get("/admin/snippets/awareness/source/", {"q": "Polaris"}).status_code == 200


QUOTED = """
the recruitment, transportation, transfer, harbouring or receipt of persons, by means of the threat or use of force or
other forms of coercion, of abduction, of fraud, of deception, of the abuse of power or of a position of vulnerability
or of the giving or receiving of payments or benefits to achieve the consent of a person having control over another
person, for the purpose of exploitation. Exploitation shall include, at a minimum, the exploitation of the prostitution
of others or other forms of sexual exploitation, forced labour or services, slavery or practices similar to slavery,
servitude or the removal of organs;
"""


def test_it_quotes_the_protocol_exactly(read):
    text = main_of(read(ARTICLE))
    assert " ".join(QUOTED.split()) in text
    for mark in ("(a)", "(b)", "(c)", "(d)"):
        assert mark in text


def test_it_keeps_no_statistic_in_the_menus_either():
    text = (Path(settings.BASE_DIR) / "content/navigation.toml").read_text()
    assert not statistics_in(" ".join(re.findall(r'(?:label|note|title) = "([^"]*)"', text)))
