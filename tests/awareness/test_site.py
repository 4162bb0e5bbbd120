"""Every type of page on the loaded site: it answers, asks little, follows nobody; and what is special to each."""

from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from wagtail.documents import get_document_model

from awareness import correspondence, privacy
from awareness.models import (
    ArticleIndexPage,
    ArticlePage,
    Author,
    ContactPage,
    EpisodePage,
    FilmIndexPage,
    FilmPage,
    JobIndexPage,
    JobPage,
    Message,
    Navigation,
    PodcastPage,
    Topic,
)
from awareness.podcast_feed import ITUNES
from awareness.stream_bodies import ArticleBody
from donations.models import Currency
from foundation.letters.models import Letter
from supporters import supporters
from tests.awareness.conftest import english, main_of
from tests.narrowing import not_none
from tests.staff.users import signed_in

SHUT = {"deck": "One sentence."}


def document(name, content=b"x" * 1234):
    return get_document_model().objects.create(title=name, file=ContentFile(content, name=name))


def written(**fields):
    """What a person sends by the contact form, after the time that a person needs."""
    reason = english(ContactPage).reasons.get(label="The press")
    return {
        "reason": reason.pk,
        "email": "ada@example.org",
        "text": "May I ask you something?",
        "name": "Ada",
        **fields,
    }


def article(number, **fields):
    body = ArticleBody().to_python([{"type": "paragraph", "value": "<p>Words.</p>"}])
    made = ArticlePage(title=f"Text {number}", slug=f"text-{number}", body=body, **SHUT, **fields)
    return english(ArticleIndexPage).add_child(instance=made)


def test_it_tells_the_form_of_contact_from_which_page_of_ours_somebody_comes(loaded, client):
    for address in ("/about/contact/", "/es/about/contact/"):
        assert client.get(address)["Referrer-Policy"] == "same-origin", address


def test_it_lists_twelve_articles_a_page_newest_first_and_by_topic(loaded, client, django_assert_max_num_queries):
    law = Topic.objects.get(slug="law")
    english(ArticleIndexPage).get_children().delete()  # those that ship would be counted too
    for number in range(14):
        made = article(number, date=date(2026, 1, 1) + timedelta(days=number))
        if number % 7 == 0:
            made.topics.add(law)
            made.save()
    client.get("/articles/")
    cache.clear()
    with django_assert_max_num_queries(12):
        first = client.get("/articles/").content.decode()
    assert first.count('<p class="meta">') == 12
    assert first.index("Text 13") < first.index("Text 12")
    assert '<a href="?page=2">' in first
    assert client.get("/articles/?page=2").content.decode().count('<p class="meta">') == 2
    lawful = client.get("/articles/?topic=law").content.decode()
    assert lawful.count('<p class="meta">') == 2 and "Text 7" in lawful
    ada = Author.objects.create(name="Ada Brown", slug="ada", about="Ada teaches in Leeds.")
    ArticlePage.objects.filter(title__in=("Text 3", "Text 4")).update(author=ada)
    ArticlePage.objects.filter(title="Text 5").update(author=Author.objects.get(slug="team"))
    signed = client.get("/articles/?author=ada").content.decode()
    assert signed.count('<p class="meta">') == 2 and "Text 3" in signed and "Ada Brown" in signed
    assert "Ada teaches in Leeds." in main_of(client.get("/articles/text-3/").content.decode())
    assert 'rel="canonical" href="http' in signed and 'href="?author=team"' in signed
    for wrong in ("?page=3", "?page=x", "?topic=nothing", "?author=nobody"):
        assert client.get(f"/articles/{wrong}").status_code == 404


def test_it_asks_nobody_else_before_a_trailer_is_followed(loaded, client):
    film = FilmPage(title="A film", slug="a-film", minutes=12, trailer="https://video.example/watch?v=1", **SHUT)
    english(FilmIndexPage).add_child(instance=film)
    html = client.get("/films/a-film/").content.decode()
    assert '<a class="btn big" href="https://video.example/watch?v=1" rel="noreferrer">' in html
    assert "It plays on video.example" in html
    assert "<iframe" not in html and "<video" not in html


def test_it_plays_a_film_of_its_own_with_captions_and_wants_them(loaded, client):
    video, captions = document("film.mp4"), document("film.vtt", b"WEBVTT\n")
    film = FilmPage(title="A film", slug="a-film", minutes=12, video=video, transcript="All words.", **SHUT)
    with pytest.raises(Exception, match="captions"):
        english(FilmIndexPage).add_child(instance=film)
    film.captions = captions
    english(FilmIndexPage).add_child(instance=film)
    html = client.get("/films/a-film/").content.decode()
    assert f'<source src="{video.url}" type="video/mp4">' in html
    assert '<track kind="captions"' in html and "All words." in html
    assert client.get(f"/media/{video.file.name}").status_code == 404
    sent = client.get(video.url)
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert len(b"".join(sent.streaming_content)) == 1234  # read to its end, the file is closed


def test_it_feeds_podcast_programs_with_the_true_length_type_and_a_lasting_name(loaded, client):
    audio = document("one.mp3", b"y" * 4321)
    episode = EpisodePage(title="One & two", slug="one", number=1, minutes=20, audio=audio, transcript="W.", **SHUT)
    english(PodcastPage).add_child(instance=episode)
    answer = client.get("/podcast/feed.xml")
    assert answer["Content-Type"].startswith("application/rss+xml")
    item = ElementTree.fromstring(answer.content).find("channel/item")
    sound = item.find("enclosure")
    assert (sound.get("length"), sound.get("type")) == ("4321", "audio/mpeg")
    assert item.findtext("title") == "One & two"
    assert item.findtext(f"{{{ITUNES}}}duration") == "1200"
    before = item.findtext("guid")
    episode.title, episode.slug = "Renamed", "renamed"
    episode.save_revision().publish()
    again = ElementTree.fromstring(client.get("/podcast/feed.xml").content).find("channel/item")
    assert again.findtext("guid") == before
    assert client.get("/articles/feed.xml").status_code == 404


def test_it_feeds_the_show_of_the_language_and_no_episode_of_a_later_hour(loaded, client):
    """Programs hide what is dated ahead, and an episode of today was dated at noon."""
    show = PodcastPage.objects.get(locale__language_code="es")
    sound = document("uno.mp3", b"y" * 99)
    episode = EpisodePage(title="Uno", slug="uno", number=1, minutes=2, audio=sound, transcript="P.", **SHUT)
    early = datetime.combine(episode.date, time(6), tzinfo=UTC)
    episode.first_published_at = early
    show.add_child(instance=episode)
    channel = ElementTree.fromstring(client.get("/es/podcast/feed.xml").content).find("channel")
    assert channel.findtext("language") == "es" and "Uno" in [item.findtext("title") for item in channel.iter("item")]
    (mine,) = (item for item in channel.iter("item") if item.findtext("title") == "Uno")
    assert parsedate_to_datetime(not_none(mine.findtext("pubDate"))) == early
    english_one = ElementTree.fromstring(client.get("/podcast/feed.xml").content).find("channel")
    assert english_one.findtext("language") == "en"
    assert "Uno" not in [item.findtext("title") for item in english_one.iter("item")]


def test_it_drops_a_job_on_the_day_after_it_closes(loaded, client):
    today = timezone.now().date()
    for name, closes in (("open", today + timedelta(days=3)), ("over", today - timedelta(days=3)), ("always", None)):
        job = JobPage(title=f"Job {name}", slug=name, kind="full", place="Here", apply_to="a@example.org", **SHUT)
        job.closes_on = closes
        english(JobIndexPage).add_child(instance=job)
    listed = main_of(client.get("/about/jobs/").content.decode())
    assert "Job open" in listed and "Job always" in listed and "Job over" not in listed
    assert client.get("/about/jobs/over/").status_code == 404
    assert client.get("/about/jobs/open/").status_code == 200


def test_it_keeps_no_tick_of_a_checklist(read):
    html = read("/get-involved/church/")
    assert html.count('<input type="checkbox" autocomplete="off">') >= 8
    assert 'name="' not in html[html.index('class="checklist"') : html.index("</ul>", html.index('class="checklist"'))]


def test_it_keeps_a_message_tells_its_address_and_lets_staff_answer(loaded, client):
    page = client.get("/about/contact/")
    data = written(opened=page.context["form"].initial["opened"], spare="")
    assert client.post("/about/contact/", data)["Location"] == "/about/contact/?sent"
    message = Message.objects.get()
    assert (message.reason, message.state) == ("The press", "new")
    told = Letter.objects.get(template="message_waits")
    assert told.to == "press@road-out.example"
    assert "May I ask" in told.text and "ada@example.org" in told.text
    assert "May I ask" not in told.subject
    staff = signed_in("Editor")
    shown = BeautifulSoup(staff.get(f"/admin/message/inspect/{message.pk}/").content, "html.parser")
    form = shown.select_one("form:has(textarea[name=text])")
    action = str(not_none(form)["action"])
    refused = staff.post(action, {"text": " "})
    assert refused.status_code == 200 and b'name="text"' in refused.content and not message.answers.exists()
    answer = staff.post(action, {"text": "Yes, please do."})
    assert answer.status_code == 302
    sent = Letter.objects.get(template="answer")
    assert sent.to == "ada@example.org" and "Yes, please do." in sent.text
    message.refresh_from_db()
    assert message.state == "answered"
    assert signed_in("Finance").post(f"/admin/message/inspect/{message.pk}/answer/", {"text": "No"}).status_code != 200
    assert Letter.objects.filter(template="answer").count() == 1
    privacy.erase(supporters.get_or_create_supporter("ada@example.org", verified=True))
    told.refresh_from_db()
    assert not Message.objects.exists() and told.text == told.html == ""


def test_it_answers_in_the_language_of_the_page_and_tells_staff_in_ours(loaded, client):
    page = client.get("/es/about/contact/")
    reason = ContactPage.objects.get(locale__language_code="es").reasons.first()
    data = written(opened=page.context["form"].initial["opened"], spare="", reason=reason.pk)
    assert client.post("/es/about/contact/", data).status_code == 302
    assert Letter.objects.get(template="message_waits").subject == "A message waits in the panel"
    correspondence.answer(Message.objects.get(), "Claro que sí.", by="ada@example.org")
    assert "Usted nos escribió" in Letter.objects.get(template="answer").text


@pytest.mark.usefixtures("stopped")
def test_it_takes_nothing_from_robots_and_not_too_much_from_anybody(loaded, client):
    opened = client.get("/about/contact/").context["form"].initial["opened"]
    assert client.post("/about/contact/", written(opened=opened, spare="spam")).status_code == 200
    assert not Message.objects.exists()
    codes = [client.post("/about/contact/", written(opened=opened, spare="")).status_code for _ in range(7)]
    assert codes == [302] * correspondence.WRITERS + [429] * 2


def test_it_keeps_a_message_from_a_tab_that_lost_its_cookies_for_one_more_press(loaded, client):
    data = written(opened=client.get("/about/contact/").context["form"].initial["opened"], spare="")
    strict, origin = Client(enforce_csrf_checks=True), {"Origin": "http://testserver"}
    page = strict.post("/about/contact/", data, headers=origin)
    held = dict(page.context["typed"])
    assert page.status_code == 403 and held == {name: str(value) for name, value in data.items()}
    sent = strict.post("/about/contact/", {**held, "csrfmiddlewaretoken": page.context["token"]}, headers=origin)
    assert sent["Location"] == "/about/contact/?sent" and Message.objects.get().email == "ada@example.org"


def test_it_forgets_messages_a_year_after_the_last_word(loaded):
    old = timezone.now() - timedelta(days=366)
    gone = Message.objects.create(reason="x", email="a@example.org", text="old", last_word_at=old)
    kept = Message.objects.create(reason="x", email="a@example.org", text="new")
    correspondence.forget()
    assert list(Message.objects.all()) == [kept] and gone.pk


def test_it_shows_announcement_and_store_once_they_are_set(loaded, client):
    assert "Until our store opens" in client.get("/shop/").content.decode()
    row = Navigation.load()
    row.announcement, row.announcement_label, row.announcement_address = "A new series.", "Watch it", "/films/"
    row.store_address = "https://store.example/"
    row.save()
    html = client.get("/shop/").content.decode()
    assert "A new series." in html and '<a href="/films/">Watch it</a>' in html
    assert '<a class="btn big" href="https://store.example/" rel="noreferrer">' in html


def test_it_says_once_that_the_books_are_empty_and_draws_no_chart(read):
    html = read("/about/financials/")
    assert html.count("No gift in these months yet.") == html.count("<figure") == 1
    assert "hbar" not in html


def test_it_asks_for_a_gift_below_the_hero_and_says_where_a_gift_goes(read):
    for front, said in (("/", "Where a gift goes"), ("/es/", "Adónde va una donación")):
        page = BeautifulSoup(read(front), "html.parser")
        first, second = page.select("main > section")[:2]
        assert "hero" in first["class"] and second.form.attrs["action"] == f"{front}give/"
        road = page.find("h2", string=said).find_parent("section")
        assert len(road.select(".stages > li")) == 4 and road.a.attrs["href"] == f"{front}about/financials/"


def test_it_asks_for_a_yearly_gift_where_the_form_behind_it_offers_one(loaded, client):
    def ways() -> list[str]:
        page = BeautifulSoup(client.get("/").content, "html.parser")
        return [str(each["value"]) for each in page.select(".quick [name=frequency]")]

    Currency.objects.filter(code="EUR").update(yearly_amounts=[150_00])  # the form opens in dollars
    assert ways() == ["monthly", "once"]
    Currency.objects.filter(code="USD").update(yearly_amounts=[150_00])
    assert ways() == ["monthly", "yearly", "once"]
