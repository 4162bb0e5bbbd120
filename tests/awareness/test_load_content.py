"""load_content: brings what is missing, never undoes what a person did."""

import io

from django.core.management import call_command
from wagtail.models import GroupPagePermission, Page, Site

from awareness.content_sync import LoadedContent
from awareness.models import ArticlePage, EpisodePage, Figure, HomePage, Hotline, JobPage, Navigation, Source
from foundation.organisation.models import Organisation
from tests.awareness.conftest import english

ARTICLE = "what-is-human-trafficking"


def load() -> str:
    said = io.StringIO()
    call_command("load_content", stdout=said)
    return said.getvalue()


def everything() -> dict[str, object]:
    """Enough of the database to notice any second writing."""
    return {
        "pages": list(Page.objects.order_by("pk").values_list("pk", "latest_revision", "last_published_at")),
        "figures": list(Figure.objects.order_by("pk").values()),
        "sources": list(Source.objects.order_by("pk").values()),
        "hotlines": list(Hotline.objects.order_by("pk").values()),
        "loaded": list(LoadedContent.objects.order_by("pk").values()),
        "organisation": list(Organisation.objects.values()),
    }


def test_it_changes_nothing_when_it_is_run_again(loaded):
    before = everything()
    said = load()
    assert everything() == before
    assert "made" not in said
    assert "brought" not in said


def test_it_puts_the_site_where_the_settings_say(loaded, settings):
    settings.BASE_URL = "https://charity.example"
    load()
    site = Site.objects.get()
    assert (site.hostname, site.port, site.root_page.specific.__class__) == ("charity.example", 443, HomePage)
    assert not Page.objects.filter(title__contains="Welcome to your new Wagtail").exists()


def test_it_keeps_what_an_editor_published(loaded):
    page = english(ArticlePage, slug="what-is-human-trafficking")
    page.deck = "Our own sentence."
    page.save_revision().publish()
    assert "changed by a person since" in load()
    assert english(ArticlePage, slug="what-is-human-trafficking").deck == "Our own sentence."


def test_it_keeps_an_editors_draft(loaded):
    page = english(ArticlePage, slug="what-is-human-trafficking")
    page.title = "A draft"
    revision = page.save_revision()
    load()
    assert english(ArticlePage, slug="what-is-human-trafficking").latest_revision == revision
    assert english(ArticlePage, slug="what-is-human-trafficking").has_unpublished_changes


def test_it_keeps_a_row_that_staff_changed_and_leaves_out_one_that_they_deleted(loaded):
    Hotline.objects.filter(country="GB").update(hours="ask them", published=False)
    Hotline.objects.filter(country="TR").delete()
    load()
    line = Hotline.objects.get(country="GB")
    assert (line.hours, line.published) == ("ask them", False)
    assert not Hotline.objects.filter(country="TR").exists()


def test_it_keeps_an_organisation_that_staff_filled_in(loaded):
    organisation = Organisation.load()
    organisation.name, organisation.is_sample = "Our Charity", False
    organisation.save()
    job = english(JobPage, slug="sample-posting")
    job.title = "A cook"  # a real post now, at the address of the sample
    job.save_revision().publish()
    load()
    assert Organisation.load().name == "Our Charity"
    assert list(JobPage.objects.live().values_list("title", flat=True)) == ["A cook"]  # its Spanish sample went
    assert not EpisodePage.objects.live() and not ArticlePage.objects.live().filter(slug="sample-release")


def test_it_takes_samples_off_while_the_site_is_a_real_charitys_and_puts_them_back_once(loaded):
    def shown() -> set[str]:
        return {page.url_path for page in Page.objects.live().filter(slug__startswith="sample-")}

    before, episodes = shown(), EpisodePage.objects.live().count()
    call_command("load_content", profile="exodus-cry", verbosity=0)
    load()  # names no profile, as an update or another start of script/server: it must not turn back into the sample
    assert Organisation.load().name == "Exodus Cry"
    assert Navigation.load().announcement_label == "Watch now"
    assert not shown() and not EpisodePage.objects.live()
    call_command("load_content", profile="sample", verbosity=0)
    assert shown() == before and EpisodePage.objects.live().count() == episodes
    assert not Organisation.load().status_note and not Navigation.load().announcement  # what the other had said
    english(JobPage, slug="sample-posting").unpublish()
    load()
    assert before - shown() == {english(JobPage, slug="sample-posting").url_path}  # staff took it off


def test_it_brings_a_new_text_to_a_page_that_nobody_touched(loaded):
    """As after an update of our own texts: page and memory stand as an older version left them."""
    page = english(ArticlePage, slug="what-is-human-trafficking")
    page.deck = "An older text of ours."
    page.save_revision().publish()
    memory = LoadedContent.objects.get(key=f"page:/the-problem/{ARTICLE}/")
    memory.content["deck"] = "An older text of ours."
    memory.save()
    assert f"{ARTICLE}/: brought up to date" in load()
    assert english(ArticlePage, slug="what-is-human-trafficking").deck != "An older text of ours."


def test_it_takes_a_field_that_it_did_not_know_before_for_no_persons_change(loaded):
    Figure.objects.filter(slug="detected-2022").update(method="")
    memory = LoadedContent.objects.get(key="awareness.figure:detected-2022")
    del memory.content["method"]
    memory.save()
    load()
    assert Figure.objects.get(slug="detected-2022").method


def test_it_finds_that_editors_may_write_and_gives_no_right_back(loaded):
    rights = GroupPagePermission.objects.filter(group__name="Editor")
    assert "publish_page" in rights.values_list("permission__codename", flat=True)
    rights.all().delete()
    load()
    assert not GroupPagePermission.objects.filter(group__name="Editor").exists()


def test_it_leaves_a_page_alone_when_staff_took_one_of_its_figures_out_of_use(loaded):
    Figure.objects.filter(slug="detected-2022").update(status="superseded", correction="A newer report is out.")
    before = english(ArticlePage, slug="what-is-human-trafficking").latest_revision
    said = load()
    assert f"{ARTICLE}/: left alone" in said
    assert "detected-2022" in said
    assert english(ArticlePage, slug="what-is-human-trafficking").latest_revision == before


def test_it_bears_that_staff_deleted_a_source_and_its_figures(loaded):
    Figure.objects.filter(source__slug="walk-free-2023").delete()
    Source.objects.get(slug="walk-free-2023").delete()
    assert "1 deleted by a person" in load()
    assert not Source.objects.filter(slug="walk-free-2023").exists()


def test_it_fills_the_place_of_a_page_that_staff_deleted_with_nothing(loaded):
    english(ArticlePage, slug="what-is-human-trafficking").delete()
    assert f"{ARTICLE}/: deleted by a person" in load()
    assert not ArticlePage.objects.filter(slug=ARTICLE, locale__language_code="en").exists()
