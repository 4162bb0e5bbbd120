"""Which addresses are pages for readers, and what makes them old."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from wagtail.models import Page

from awareness.models import HelpPage
from config import page_front
from foundation.jobs import queue as jobs
from foundation.organisation.models import Organisation
from foundation.page_store import generation
from foundation.page_store.models import Generation
from supporters.supporters import get_or_create_supporter

# Of the apps whose rows readers see some of. These they do not see, or they are sums, counts and states, which may be
# ten seconds old. A new model of these apps is decided on: `page_front.SHOWN`, or here.
NOT_SHOWN = {
    "organisation": {"SiteIdentity"},
    "awareness": {"FoundLink", "LoadedContent", "Message", "PageWords", "Review"},
    "donations": {
        *(
            "AddressChange",
            "Breaker",
            "CampaignViews",
            "CardTry",
            "Dedication",
            "Dispute",
            "Gap",
            "Gift",
            "LedgerEntry",
        ),
        *("MatchReservation", "Opening", "Payout", "Plan", "Receipt", "ReceiptCounter", "Reconciliation"),
        *("RefundRequest", "StripeEvent", "StripeSetup", "StripeTrouble", "ThankYou"),
        *("Batch", "DaySum", "DaySumMark", "GiftAidClaim", "GiftAidDeclaration", "GiftAidLine", "KeptCount"),
    },
    "pledges": {"Signature", "SignatureEvent"},
    "wagtailimages": {"Rendition"},
}
OURS = ("organisation", "awareness", "donations", "pledges", "wagtailimages", "wagtaildocs", "wagtailredirects")


def test_it_is_decided_of_every_model_whether_readers_see_it() -> None:
    for app in OURS:
        hidden = {each.__name__ for each in apps.get_app_config(app).get_models() if not page_front.is_shown(each)}
        assert hidden == NOT_SHOWN.get(app, set()), app
    known = {(app, name) for app, names in page_front.SHOWN.items() for name in names}
    assert known <= {(model._meta.app_label, model._meta.model_name) for model in apps.get_models()}


@pytest.mark.parametrize(
    "path",
    ["/", "/the-problem/", "/es/", "/es/el-problema/", "/no-such-page/", "/get-help/", "/search/", "/es/search/"],
)
def test_it_counts_as_pages_what_wagtail_serves_and_the_search(path: str) -> None:
    assert page_front.reads(path)


NO_PAGES = ["/give/", "/es/give/", "/give/thanks/", "/my/", "/pledge/", "/subscribe/", "/admin/", "/accounts/login/"]
NO_PAGES += [
    "/static/css/site.css",
    "/media/images/a.jpg",
    "/stripe/webhook/",
    "/healthz",
    "/a.b",
    "//x",
    "",
]


@pytest.mark.parametrize("path", NO_PAGES)
def test_it_leaves_all_else_to_its_own_view(path: str) -> None:
    assert not page_front.reads(path)


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the generation would be raised."""
    times: list[int] = []
    monkeypatch.setattr(generation, "raise_it", lambda: times.append(1))
    return times


@pytest.mark.django_db
def test_it_makes_pages_old_when_readers_would_see_something_else(raised: list[int]) -> None:
    Organisation.load().save()
    assert raised
    for change in (_published, _unpublished, _deleted):
        raised.clear()
        change()
        assert raised, change


def _published() -> None:
    page = HelpPage(title="Get help, again", slug="again", intro="Words.")
    Page.get_first_root_node().add_child(instance=page)
    page.save_revision().publish()


def _unpublished() -> None:
    HelpPage.objects.get(slug="again").unpublish()


def _deleted() -> None:
    HelpPage.objects.get(slug="again").delete()


@pytest.mark.django_db
def test_it_leaves_pages_as_they_are_when_work_and_people_are_written_down(raised: list[int]) -> None:
    Generation.objects.create(number=1)
    jobs.enqueue("make-pictures", "one", {})
    get_or_create_supporter("ada@reader.example", "Ada")
    assert raised == []


def test_it_keeps_pages_under_names_and_never_by_a_pattern(settings: Any) -> None:
    settings.BASE_URL, settings.HTTPS, settings.TRUSTED_PROXIES = "https://charity.example", True, 1
    settings.ALLOWED_HOSTS = ["charity.example", "www.charity.example", ".charity.example", "*"]
    assert page_front.hosts() == ["charity.example", "www.charity.example"]
    assert page_front.own_key("/") == ("https", "charity.example", "/", "")
    settings.BASE_URL, settings.HTTPS, settings.ALLOWED_HOSTS = "http://localhost:8000", False, ["localhost"]
    assert page_front.hosts() == ["localhost:8000", "localhost"]
    assert page_front.own_key("/").scheme == "http"


def test_it_is_another_edition_once_static_files_or_settings_are_others(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    editions = [page_front.edition()]
    (tmp_path / "staticfiles.json").write_text("names with hashes")
    editions.append(page_front.edition())
    settings.LANGUAGES = settings.LANGUAGES[:1]
    editions += [page_front.edition(), page_front.edition()]
    assert len(set(editions)) == 3 and editions[2] == editions[3]
