"""What staff must check before the site goes live: one list in the panel, and a number for `check --deploy`."""

import datetime
import io

from django.core.management import call_command
from django.test import override_settings

from awareness.facts import Source
from awareness.help_languages import HelpLanguage
from awareness.hotlines import Hotline
from awareness.models import ArticlePage, Navigation, SectionPage
from config.open_points import open_points
from foundation.organisation.models import LanguageReview, Organisation
from foundation.page_store import generation
from pledges import wording
from pledges.models import Pledge
from tests.awareness.conftest import english
from tests.staff.users import signed_in

LIST = "/admin/reports/to-check/"
TODAY = datetime.date(2026, 11, 20)


def words() -> str:
    return "\n".join(f"{point.kind} | {point.words}" for point in open_points())


def test_it_lists_every_kind_with_a_way_to_each_place(loaded):
    boss = signed_in("Administrator")
    html = boss.get(LIST).content.decode()
    first = {point.kind: point for point in reversed(open_points())}
    assert len(first) == 6
    for kind, point in first.items():
        assert f"{kind} (" in html and f'href="{point.address}"' in html, kind
        assert boss.get(point.address, follow=True).status_code == 200, point.address
    assert f">{len(open_points())}</dd>" in boss.get("/admin/").content.decode()


def test_it_shows_the_list_to_those_who_write_and_to_nobody_else(loaded):
    assert signed_in("Editor").get(LIST).status_code == 200
    finance = signed_in("Finance")
    assert finance.get(LIST, follow=True).request["PATH_INFO"] != LIST or finance.get(LIST).status_code == 403
    assert "Before this site opens" not in finance.get("/admin/").content.decode()


def test_it_takes_off_the_list_what_is_settled(loaded):
    line, source = (
        Hotline.objects.filter(published=True, checked_on=None)[0],
        Source.objects.filter(checked_on=None)[0],
    )
    pledge = Pledge.objects.get(is_main=True)
    row = Organisation.load()
    before = words()
    for told in (line.name, str(source), pledge.title, "The whole site in", "sample charity"):
        assert told in before, told
    Hotline.objects.filter(pk=line.pk).update(checked_on=TODAY, checked_by="Ada")
    Source.objects.filter(pk=source.pk).update(checked_on=TODAY, checked_by="Ada")
    wording.publish(pledge, "We begin.\n* I promise this.")
    LanguageReview.objects.create(language="es", reviewer="Eva", checked_on=TODAY)
    row.is_sample, row.registration_number = False, "12-3456789"
    row.save()
    after = words()
    assert str(source) not in after and pledge.title not in after and "The whole site in" not in after
    assert f"{line.name}, {line.phones.splitlines()[0]}" not in after
    assert "sample charity" not in after and "Enter: registration number" not in after


def test_it_keeps_a_pages_note_until_somebody_takes_it_out_of_the_page(loaded):
    page = english(SectionPage, slug="about")
    assert "who founded the charity" in words()
    page.body = [(block.block_type, block.value) for block in page.body if block.block_type != "for_staff"]
    page.save_revision().publish()
    assert "who founded the charity" not in words()


def test_it_finds_a_note_that_an_editor_wrote_in_a_draft(loaded):
    page = english(ArticlePage, slug="signs")
    page.body.append(("for_staff", {"text": "Ask the clinic whether this still holds."}))
    page.save_revision()
    assert "Ask the clinic" in words()


def test_it_shows_a_note_for_staff_in_the_preview(loaded):
    page = english(SectionPage, slug="about")
    html = signed_in("Editor").get(f"/admin/pages/{page.pk}/view_draft/").content.decode()
    assert "For staff. Visitors do not see this." in html and "who founded the charity" in html


def told_by_check(**settings: object) -> str:
    out = io.StringIO()
    with override_settings(**settings):
        call_command("check", deploy=True, tags=["security"], stdout=out, stderr=out)
    return out.getvalue()


def test_it_says_how_many_are_open_when_a_live_site_is_checked(loaded):
    number = len(open_points())
    said = told_by_check(LIVE=True)
    assert f"{number} things are not checked or filled in yet" in said and LIST in said
    assert f"Sources that nobody has opened: {Source.objects.filter(checked_on=None).count()}" in said
    Source.objects.update(checked_on=TODAY, checked_by="Ada")
    assert f"{len(open_points())} things" in told_by_check(LIVE=True) and len(open_points()) < number


def test_it_says_nothing_of_it_in_a_demonstration(loaded):
    assert "content.W001" not in told_by_check(LIVE=False)


def test_it_asks_for_the_address_of_a_store_while_a_page_leads_to_one(loaded):
    asked = "enter the address of the store"
    point = next(point for point in open_points() if asked in point.words)
    assert signed_in("Administrator").get(point.address, follow=True).status_code == 200
    row = Navigation.load()
    row.store_address = "https://store.example/"
    row.save()
    assert asked not in words()
    row.store_address = ""
    row.save()
    for page in SectionPage.objects.filter(slug="shop"):
        page.unpublish()
    assert asked not in words()


def test_it_counts_anew_on_the_panels_first_page_whatever_is_saved(loaded, monkeypatch):
    """The number is kept until the publish generation rises: it must, for each thing that a point may be about."""
    article = english(ArticlePage, slug="signs")
    save = {
        "a draft": article.save_revision,
        "a line for help": Hotline.objects.filter(checked_on=None)[0].save,
        "a language of Get help": HelpLanguage.objects.filter(checked_on=None)[0].save,
        "a source": Source.objects.filter(checked_on=None)[0].save,
        "the navigation": Navigation.load().save,
        "the organisation": Organisation.load().save,
        "a language": LanguageReview(language="es", reviewer="Eva", checked_on=TODAY).save,
        "the pledge": lambda: wording.publish(Pledge.objects.get(is_main=True), "We begin.\n* I promise this."),
    }
    raised: list[str] = []
    for what, saved in save.items():
        monkeypatch.setattr(generation, "raise_it", lambda what=what: raised.append(what))
        saved()
    assert list(dict.fromkeys(raised)) == list(save)
