"""What editors set in motion: pages that come and go by the clock, move, and are compared with what they were."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from awareness.media import PictureBlock
from awareness.models import ArticlePage, HelpPage, SectionPage
from awareness.starter_pages import TYPES
from config import housekeeping
from foundation.jobs import queue as jobs
from foundation.page_store import generation
from tests.awareness.conftest import english
from tests.staff.users import signed_in

ARTICLE = "/the-problem/what-is-human-trafficking/"
JOB = f"{housekeeping.__name__}.publish_what_is_due"


@pytest.fixture
def editor(loaded):
    return signed_in("Editor")


def worker(moment):
    """The worker's minute at that moment: its own periodic job, claimed and run."""
    assert jobs.PERIODICS[JOB][0] == jobs.PERIODS["minute"]
    with time_machine.travel(moment, tick=False):
        jobs.enqueue("periodic", f"periodic:{JOB}:{moment.isoformat()}", {"name": JOB})
        jobs.run_due()


def test_it_publishes_and_takes_off_once_a_minute_by_one_job_alone():
    assert [name for name in jobs.PERIODICS if "publish" in name] == [JOB]


def test_it_shows_a_page_from_its_hour_to_its_end_and_not_a_minute_longer(loaded, client):
    page, now = english(ArticlePage, slug="what-is-human-trafficking"), timezone.now()
    page.unpublish()
    page.go_live_at, page.expire_at = now + timedelta(hours=1), now + timedelta(hours=2)
    page.save_revision().publish()
    answers = []
    for minutes in (59, 61, 119, 121):
        worker(now + timedelta(minutes=minutes))
        answers.append(client.get(ARTICLE).status_code)
    assert answers == [404, 200, 200, 404]


def test_it_makes_pages_old_when_the_clock_changes_one(loaded, client, monkeypatch):
    raised: list[int] = []
    monkeypatch.setattr(generation, "raise_it", lambda: raised.append(1))
    page, now = HelpPage.objects.get(locale__language_code="en"), timezone.now()
    page.intro, page.go_live_at = "<p>Words of tomorrow.</p>", now + timedelta(hours=1)
    page.save_revision().publish()
    raised.clear()
    worker(now + timedelta(minutes=59))
    assert not raised and b"Words of tomorrow." not in client.get("/get-help/").content
    worker(now + timedelta(minutes=61))
    assert raised and b"Words of tomorrow." in client.get("/get-help/").content
    page.refresh_from_db()
    page.go_live_at, page.expire_at = None, now + timedelta(hours=2)
    page.save_revision().publish()
    raised.clear()
    worker(now + timedelta(minutes=121))
    assert raised and client.get("/get-help/").status_code == 404


def test_it_leads_from_old_addresses_to_new_ones_after_a_move(editor, client, django_capture_on_commit_callbacks):
    page, about = english(ArticlePage, slug="what-is-human-trafficking"), english(SectionPage, slug="about")
    with django_capture_on_commit_callbacks(execute=True):
        assert editor.post(f"/admin/pages/{page.pk}/move/{about.pk}/confirm/").status_code == 302
    answer = client.get(ARTICLE)
    assert (answer.status_code, answer["Location"]) == (301, "/about/what-is-human-trafficking/")
    assert client.get(answer["Location"]).status_code == 200
    assert client.get(f"{ARTICLE}?from=old")["Location"] == "/about/what-is-human-trafficking/"


def test_it_leads_from_old_addresses_of_a_page_and_those_below_when_its_name_changes(
    loaded, client, django_capture_on_commit_callbacks
):
    page = english(SectionPage, slug="the-problem")
    page.slug = "the-matter"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    for old in ("/the-problem/", ARTICLE):
        answer = client.get(old)
        assert (answer.status_code, answer["Location"]) == (301, old.replace("the-problem", "the-matter"))
        assert client.get(answer["Location"]).status_code == 200


def test_it_leads_from_old_addresses_in_another_language(loaded, client, django_capture_on_commit_callbacks):
    page = HelpPage.objects.get(locale__language_code="es")
    old = page.get_url()
    page.slug = f"{page.slug}-nueva"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    answer = client.get(old)
    assert (answer.status_code, answer["Location"]) == (301, f"/es/{page.slug}/")
    assert client.get(answer["Location"]).status_code == 200


STARTERS = [model for name, model in TYPES.items()]


@pytest.mark.parametrize("model", STARTERS, ids=lambda model: model.__name__)
def test_it_opens_every_type_for_editing_compares_its_versions_and_shows_each(editor, model):
    page = model.objects.first()
    first = page.latest_revision
    page.title = "Another title"
    second = page.save_revision()
    compared = editor.get(f"/admin/pages/{page.pk}/revisions/compare/{first.pk}...{second.pk}/")
    assert compared.status_code == 200 and "Another" in compared.content.decode()
    for shown in (f"revisions/{first.pk}/view", f"revisions/{second.pk}/view", "view_draft"):
        assert editor.get(f"/admin/pages/{page.pk}/{shown}/").status_code == 200, shown
    answer = editor.get(f"/admin/pages/{page.pk}/edit/")
    assert answer.status_code == 200
    edited = answer.content.decode()
    assert 'data-side-panel="checks"' in edited and 'data-side-panel="preview"' in edited


def test_it_takes_no_picture_without_words_unless_it_is_decoration(loaded):
    image = get_image_model().objects.create(title="A", file=get_test_image_file())
    block = PictureBlock()

    def clean(**fields):
        return block.clean(block.to_python({"image": {"image": image.pk, **fields}, "caption": "", "credit": ""}))

    with pytest.raises(StructBlockValidationError) as refused:
        clean(alt_text="", decorative=False)
    assert "alt text" in str(refused.value.block_errors["image"].block_errors["alt_text"])
    assert clean(alt_text="A house by a road", decorative=False)["image"].contextual_alt_text == "A house by a road"
    assert clean(alt_text="", decorative=True)["image"].decorative


@pytest.mark.parametrize("words", ["IMG_1234", "img_1234"])
def test_it_takes_no_file_name_for_the_words_of_a_picture(loaded, words):
    image = get_image_model().objects.create(title="IMG_1234", file=get_test_image_file(filename="IMG_1234.png"))
    block = PictureBlock()

    def clean(alt):
        return block.clean(
            block.to_python({"image": {"image": image.pk, "alt_text": alt}, "caption": "", "credit": ""})
        )

    with pytest.raises(StructBlockValidationError) as refused:
        clean(words)
    assert "name of the file" in str(refused.value.block_errors["image"].block_errors["alt_text"])
    assert clean("A house by a road")["image"].contextual_alt_text == "A house by a road"
    assert clean("Sunrise")["image"].contextual_alt_text == "Sunrise"
