"""What machines read first."""

import datetime
import re
from xml.etree import ElementTree

import pytest
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from django.views.defaults import server_error

from awareness.models import ArticlePage
from foundation.organisation.models import Organisation
from tests.answers import streamed

pytestmark = pytest.mark.django_db


def addresses() -> list[str]:
    answer = Client().get("/sitemap.xml")
    assert answer["Content-Type"].startswith("application/xml")
    return [found.text or "" for found in ElementTree.fromstring(answer.content).iter() if found.tag.endswith("}loc")]


def test_it_maps_every_public_page_once_and_each_answers(loaded, whole_site):
    found = addresses()
    assert len(found) == len(set(found)) > 5
    paths = {"/" + address.split("/", 3)[3] for address in found}
    assert {"/", "/get-help/", "/give/", "/pledge/", "/the-problem/facts-and-sources/"} <= paths
    assert paths <= set(whole_site), "they are mapped, and no link leads there"
    assert {path: whole_site[path][0].status_code for path in paths} == dict.fromkeys(paths, 200)


def test_it_maps_no_draft(loaded):
    page = ArticlePage.objects.first()
    assert page.full_url in addresses()
    page.unpublish()
    assert page.full_url not in addresses()


@pytest.mark.django_db(databases=[])
@pytest.mark.parametrize(
    ("address", "kind"),
    [("/favicon.ico", "image/vnd.microsoft.icon"), ("/apple-touch-icon.png", "image/png")],
)
def test_it_has_its_mark_where_browsers_ask_by_name(address: str, kind: str):
    answer = Client().get(address)
    assert answer.status_code == 200 and answer["Content-Type"] in (kind, "image/x-icon")
    assert len(b"".join(streamed(answer))) > 500


def robots() -> str:
    return Client().get("/robots.txt").content.decode()


def test_it_shows_robots_the_way_and_keeps_them_from_private_pages():
    with override_settings(
        SITE_MODE="live", HOST="road-out.example", STRIPE_OFFLINE=False, STRIPE_SECRET_KEY="sk_live_x"
    ):
        text = robots()
    assert "Disallow: /my/" in text
    assert "Disallow: /admin/" in text
    assert "Disallow: /\n" not in text
    assert text.rstrip().endswith("/sitemap.xml")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_it_is_on_this_machine_alone_what_it_will_be_elsewhere(host):
    with override_settings(HOST=host):
        assert "Disallow: /\n" not in robots() and "Disallow: /my/" in robots()


@pytest.mark.parametrize(
    "stripe", [{"STRIPE_OFFLINE": True}, {"STRIPE_OFFLINE": False, "STRIPE_SECRET_KEY": "sk_test_x"}]
)
def test_it_lets_no_robot_into_a_rehearsal_that_strangers_can_reach(stripe):
    with override_settings(SITE_MODE="live", HOST="road-out.example", **stripe):
        assert robots() == "User-agent: *\nDisallow: /\n"


def test_it_says_whom_to_tell_of_a_hole_once_there_is_somebody():
    row = Organisation.load()
    row.email = ""
    row.save()
    assert Client().get("/.well-known/security.txt").status_code == 404
    row.email = "hello@example.org"
    row.save()
    lines = Client().get("/.well-known/security.txt").content.decode().splitlines()
    told = dict(line.split(": ", 1) for line in lines)
    assert told["Contact"] == "mailto:hello@example.org"
    ends = datetime.datetime.fromisoformat(told["Expires"])
    assert timezone.now() < ends < timezone.now() + datetime.timedelta(days=365)


def test_it_says_where_the_text_itself_stands_and_in_which_languages():
    row = Organisation.load()
    row.email = "hello@example.org"
    row.save()
    answer = Client().get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    told = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert set(told) == {"Contact", "Expires", "Canonical", "Preferred-Languages"}
    assert told["Canonical"].endswith("/.well-known/security.txt") and told["Preferred-Languages"] == "en"


@pytest.mark.django_db(databases=[])
def test_it_has_a_page_for_its_own_fault_that_needs_no_database():
    answer = server_error(RequestFactory().get("/"))
    html = answer.content.decode()
    assert answer.status_code == 500 and "This is our fault" in html
    assert 'href="/get-help/"' in html and "data-leave" in html


def test_it_helps_whoever_comes_to_an_address_that_is_not_there(loaded):
    answer = Client().get("/no/such/page/")
    html = answer.content.decode()
    assert answer.status_code == 404 and '<meta name="robots" content="noindex">' in html
    inner = html[html.index("<main") : html.index("</main>")]
    ways = re.findall(r'href="([^"]+)"', inner)
    assert {"/", "/give/", "/pledge/", "/get-help/"} <= set(ways) and 'action="/search/"' in inner
    assert {way: Client().get(way).status_code for way in ways} == dict.fromkeys(ways, 200)
