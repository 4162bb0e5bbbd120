"""What other pages show of the pledge."""

import pytest
from django.template import Context, Template
from django.test import Client

from pledges import wording
from pledges.models import Pledge, SignatureEvent
from tests.pledges import driver


def show(markup: str) -> str:
    return Template("{% load pledges %}" + markup).render(Context()).strip()


def test_it_shows_the_count_in_the_readers_way_of_writing_numbers(pledge: Pledge) -> None:
    assert show("{% pledge_count %}") == "0"
    driver.sign(Client())
    driver.confirm(Client())
    assert show("{% pledge_count %}") == "0"  # below the number that staff want to show
    Pledge.objects.update(count_from=1)
    assert show("{% pledge_count %}") == show("{% pledge_count 'abolitionist' %}") == "1"
    signature = pledge.signatures.get()
    SignatureEvent.objects.create(pledge=pledge, signature=signature, step=1, total=18204, why="confirmed", who="x")
    assert show("{% pledge_count %}") == "18,204"


def test_it_invites_to_sign_and_puts_no_form_or_token_on_the_other_page(pledge: Pledge) -> None:
    wording.publish(pledge, "We begin.\n* <b>I promise</b>.")
    call = show("{% pledge_call %}")
    assert 'href="/pledge/"' in call and "Be among the first to sign." in call
    assert "We begin." in call and "&lt;b&gt;I promise" in call
    assert "<form" not in call and "csrf" not in call


@pytest.mark.parametrize("change", ["closed", "none"])
def test_it_invites_to_nothing_that_cannot_be_signed(pledge: Pledge, change: str) -> None:
    if change == "closed":
        Pledge.objects.update(is_open=False)
        assert show("{% pledge_call %}") == ""
    assert show("{% pledge_call 'no-such-pledge' %}") == ""
    assert show("{% pledge_count 'no-such-pledge' %}") == "0"


def test_it_names_countries_in_words() -> None:
    assert show("{{ 'GB'|country_name }}") == "United Kingdom"
