"""The longest words that staff may write on the giving page: its amounts still stand in the first screen."""

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page

from donations.models import GivingWords
from tests.accessibility import violations
from tests.donations.donor import a_charity
from tests.look.stage import show

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
LONG = "People walk out of every kind of bondage "


def test_it_keeps_the_amounts_in_the_first_screen_however_much_staff_write(open_page: Callable[..., Page]) -> None:
    a_charity()
    long = {field.name: LONG * 20 for field in GivingWords._meta.fields if field.name in ("what_it_does", "transfer")}
    limits = {name: GivingWords._meta.get_field(name).max_length for name in ("heading", "intro")}
    GivingWords.objects.create(**long, **{name: (LONG * 2)[:limit] for name, limit in limits.items()})
    page = open_page()
    for width, height in ((390, 664), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        show(page, Client().get("/give/").content.decode())
        rungs = page.locator("label:visible:has([name=amount_once])").filter(has_not_text="Another")
        assert rungs.count() == 4
        lowest = max(box["y"] + box["height"] for rung in rungs.all() if (box := rung.bounding_box()))
        assert lowest <= height, (width, lowest)
        assert violations(page) == []
