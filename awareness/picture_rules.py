"""Guidance page of the panel: which pictures show dignity, which take it away, and what to ask first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem

# Guidelines that others have written: their images or guidelines may be asked for there.
WRITTEN = (
    ("Freedom United, My Story, My Dignity", "https://www.freedomunited.org/my-story-my-dignity-guidelines/"),
    (
        "US Office on Trafficking in Persons, Look Beneath the Surface image library",
        "https://acf.hhs.gov/otip/outreach-material/look-beneath-surface-image-library",
    ),
)


def show(request: HttpRequest) -> HttpResponse:
    """The guidance page. Anybody who is let into the panel may read it."""
    return render(request, "awareness/picture_rules_panel.html", {"written": WRITTEN})


def addresses() -> list[URLPattern]:
    return [path("picture-rules/", show, name="picture_rules")]


def item() -> MenuItem:
    """Menu item, below Images."""
    return MenuItem(_("Picture rules"), reverse("picture_rules"), name="picture-rules", icon_name="view", order=310)
