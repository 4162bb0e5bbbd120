"""Logo, colours and other places of a charity: set in the panel, checked when saved, worn by every page."""

import re

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from foundation.organisation import colours
from foundation.organisation.models import Organisation
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
CSS = (settings.BASE_DIR / "static/css/site.css").read_text()


def token(name: str) -> str:
    found = re.search(rf"--{name}: (#[0-9A-F]{{6}});", CSS)
    assert found
    return found[1]


def refused(**fields: str) -> dict[str, list[str]]:
    row = Organisation.load()
    for name, value in fields.items():
        setattr(row, name, value)
    with pytest.raises(ValidationError) as error:
        row.full_clean()
    return error.value.message_dict


def test_it_holds_colours_against_those_that_the_stylesheet_has():
    assert {name: token(name) for name in colours.GROUNDS} == colours.GROUNDS
    ours = (colours.ON_DARK, colours.ON_DARK_2, colours.INK, colours.BAND, colours.BUTTON)
    assert ours == (token("on-spruce"), token("on-spruce-2"), token("on-gold"), token("spruce-9"), token("gold"))


@pytest.mark.parametrize(
    ("field", "colour"),
    [
        ("link_colour", "#7FB5A8"),
        ("band_colour", "#8FA7A0"),
        ("button_colour", "#101010"),
        ("button_colour", "#0A2C23"),
    ],
)
def test_it_refuses_a_colour_that_somebody_could_not_read_and_says_by_how_much(field, colour):
    told = refused(**{field: colour})
    assert list(told) == [field]
    assert re.search(r"the contrast is \d+\.\d to 1, and it takes [34]", told[field][0])


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345G", "#123456;} body {display: none"])
def test_it_takes_nothing_for_a_colour_that_is_none(colour):
    assert "link_colour" in refused(link_colour=colour)


def test_it_tells_the_administrator_in_the_panel():
    boss = signed_in("Administrator")
    row = Organisation.load()
    form = boss.get(f"/admin/settings/organisation/organisation/{row.pk}/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {"link_colour": "#7FB5A8"}
    sent["is_sample"] = "on"
    html = boss.post(f"/admin/settings/organisation/organisation/{row.pk}/", sent).content.decode()
    assert "Too close to the paper behind it" in html
    sent["link_colour"] = "#0B4F8A"
    assert boss.post(f"/admin/settings/organisation/organisation/{row.pk}/", sent).status_code == 302
    assert Organisation.load().link_colour == "#0B4F8A"


def worn(**fields: object) -> str:
    """The page of the giving form, once the organisation has these."""
    row = Organisation.load()
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    return Client().get("/subscribe/").content.decode()


def test_it_wears_the_colours_that_were_chosen_in_a_sheet_of_its_own_after_ours():
    html = worn(band_colour="#1B2A52", button_colour="#FF8A5B", link_colour="#0B4F8A")
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
    assert len(sheets) == 2 and "site" in sheets[0] and "style=" not in html
    answer = Client().get(sheets[1])
    css = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/css") and "immutable" in answer.headers["Cache-Control"]
    assert "--spruce-9: #1B2A52;" in css and "--gold: #FF8A5B;" in css and "--link: #0B4F8A;" in css
    found = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6})", css))
    assert colours.contrast(found["gold-ink"], token("paper")) >= 4.5
    assert colours.contrast(found["gold-3"], found["spruce-9"]) >= 4.5
    assert colours.contrast(token("on-spruce"), found["spruce-8"]) >= 4.5


def test_it_asks_for_no_sheet_while_the_colours_are_ours():
    assert worn().count('rel="stylesheet"') == 1
    assert Client().get("/brand/0123456789ab.css").status_code == 404


def test_it_shows_the_logo_with_the_name_as_its_words_and_no_query_more(django_assert_num_queries):
    picture = get_image_model().objects.create(title="logo", file=get_test_image_file(size=(600, 200)))
    html = worn(logo=picture)
    head = html[html.index("<header") : html.index("</header>")]
    found = re.search(r'<img src="(/brand/[^"]+)" alt="The Road Out">', head)
    assert found
    answer = Client().get(found[1])
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/webp"
    assert Client().get("/brand/logo-999999.webp").status_code == 404
    with django_assert_num_queries(0):
        assert Organisation(logo_id=picture.pk).logo_address == found[1]


def test_it_leads_to_the_other_places_from_the_foot_and_names_them():
    html = worn(social="https://www.instagram.com/road\n\nhttps://social.example.org/@road")
    foot = html[html.index("<footer") :]
    assert '<a href="https://www.instagram.com/road" rel="me noreferrer">Instagram</a>' in foot
    assert '<a href="https://social.example.org/@road" rel="me noreferrer">social.example.org</a>' in foot


@pytest.mark.parametrize("line", ["instagram.com/road", "http://x.com/road", "javascript:alert(1)"])
def test_it_takes_only_safe_addresses_of_other_places(line):
    assert "social" in refused(social=line)


@pytest.mark.parametrize("link", ["", "#6B1FA0", "#123456", "#0B5D4E"])
def test_it_gives_letters_a_colour_of_links_that_is_read_by_day_and_by_night(link):
    found = colours.worn("", "", link)
    assert colours.contrast(found["link"], "#FBFCFA") >= 4.5 and colours.contrast(found["link_dark"], "#0B1714") >= 4.5
