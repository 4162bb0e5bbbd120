"""The poster of a country: tagged, with the numbers that are published, without a name of ours."""

import pytest

from awareness.hotlines import Hotline
from tests.drawing import reading

pytestmark = pytest.mark.django_db


def drawn(client, code: str) -> bytes:
    answer = client.get(f"/posters/{code}.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert not answer.cookies
    return answer.content


@pytest.mark.parametrize("code", ["us", "gb", "in", "at"])
def test_it_is_tagged_for_screen_readers_and_a_checker_finds_nothing(loaded, client, code):
    content = drawn(client, code)
    found = reading.promises(content)
    assert "You can ask for help" in str(found.pop("title"))
    assert found == {"tags": True, "marked": True, "language": "en", "title shown": True, "part": "1"}
    assert reading.findings(content) == []
    assert {"H1", "H2", "P"} <= reading.roles(content)


def test_it_prints_each_published_number_and_names_nobody_who_hangs_it(loaded, client):
    text = reading.text(drawn(client, "us"))
    assert "1-888-373-7888" in text and "911" in text
    assert "TheRoadOut" not in text


def test_it_prints_no_number_that_is_off_and_changes_as_soon_as_staff_do(loaded, client):
    before = reading.text(drawn(client, "gb"))
    assert "08000121700" in before
    Hotline.objects.filter(country="GB").update(published=False)
    after = reading.text(drawn(client, "gb"))
    assert "08000121700" not in after and "999" in after


def test_it_asks_whoever_hangs_it_to_call_first_and_apologises_to_nobody(loaded, client):
    """Which lines we have not called is a list in the panel."""
    text = reading.text(drawn(client, "us"))
    assert reading.squeezed("Call each of them before you hang this up") in text
    assert reading.squeezed("called every number") not in text


def test_it_knows_no_poster_of_a_country_that_has_no_line(loaded, client):
    assert client.get("/posters/zz.pdf").status_code == 404
