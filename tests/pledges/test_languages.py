"""The pledge in the reader's language: the words that are read are the words that are signed."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from pledges import starter, wording
from pledges.models import Pledge, PledgeText, Signature
from tests.pledges import driver
from tests.staff.users import member, sign_in

pytestmark = pytest.mark.django_db
SPANISH = "Aprenderé qué es la trata de personas"


def read(address: str) -> str:
    return Client().get(address).content.decode()


def test_it_shows_and_keeps_the_words_of_the_readers_language(pledge: Pledge) -> None:
    assert SPANISH in read("/es/pledge/") and '<h1 lang="es">El compromiso abolicionista</h1>' in read("/es/pledge/")
    assert SPANISH not in read("/pledge/") and "The Abolitionist Pledge" in read("/pledge/")
    driver.sign(Client(), "/es/pledge/")
    signed = Signature.objects.get()
    assert (signed.text.language, signed.locale) == ("es", "es") and SPANISH in signed.text.text
    assert signed.text.original == pledge.newest_text


def test_it_shows_the_first_language_marked_as_such_once_its_words_have_changed(pledge: Pledge) -> None:
    now = wording.publish(pledge, "We begin.\n* I promise this.")
    page = read("/es/pledge/")
    assert SPANISH not in page and '<h1 lang="en">' in page and 'lang="en">We begin.' in page
    wording.translate(now, "es", "El compromiso", "Empezamos.\n* Prometo esto.")
    assert "Prometo esto." in read("/es/pledge/")
    assert "I promise this." in read("/pledge/")


def test_it_makes_no_version_of_the_same_words_and_refuses_half_a_translation(pledge: Pledge) -> None:
    newest = pledge.newest_text
    assert newest is not None
    before = PledgeText.objects.count()
    title, text = starter.IN_OTHER_LANGUAGES["es"]
    wording.translate(newest, "es", title, text)
    starter.load()
    assert PledgeText.objects.count() == before
    with pytest.raises(IntegrityError), transaction.atomic():
        PledgeText.objects.create(pledge=pledge, version=9, text="x", language="es")


def test_it_takes_the_words_of_another_language_from_the_pledges_form(pledge: Pledge) -> None:
    boss = sign_in(Client(), member("Administrator"))
    fields = {
        "title": pledge.title,
        "slug": pledge.slug,
        "minimum_age": "16",
        "count_from": "1",
        "is_open": "on",
        "is_main": "on",
    }
    address = reverse("pledge:edit", args=[pledge.pk])
    words = {"text": "We begin.", "title_es": "El compromiso", "text_es": "Empezamos."}
    assert boss.post(address, {**fields, **words}).status_code == 302
    assert "Empezamos." in read("/es/pledge/") and "We begin." in read("/pledge/")
    # Words that nobody touched say the old version: readers see the new English ones until somebody says those.
    assert boss.post(address, {**fields, **words, "text": "We go on."}).status_code == 302
    assert "Empezamos." not in read("/es/pledge/") and "We go on." in read("/es/pledge/")
    half = boss.post(address, {**fields, **words, "title_es": ""})
    assert half.status_code == 200 and "both a title and a text" in half.content.decode()
