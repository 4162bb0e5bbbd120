"""A card's number is known in any writing, refused by every form that people type into, and shown to nobody."""

import pytest
from django import forms
from django.http import QueryDict

from foundation.access.card_numbers import NoCardNumbers, masked, stands_in
from staff import form_replay

CARD = "4242424242424242"


@pytest.mark.parametrize(
    "text",
    [
        *[CARD, "4242 4242 4242 4242", "4242-4242-4242-4242", "4242.4242.4242.4242", "42 42 42 42 42 42 42 42"],
        *[
            "４２４２　４２４２　４２４２　４２４２",
            "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
            "४२४२४२४२४२४२४२४२",
            "𝟜242424242424242",
            "④242 4242 4242 4242",
        ],
        *[f"{CARD} 12/34", f"{CARD}1234", f"{CARD} 12 34 123", f"Ada {CARD}", f"{CARD} Ada", f"Ada{CARD}Lovelace"],
        *[
            "4242\u200b4242\u200b4242\u200b4242",
            "4242\N{NO-BREAK SPACE}4242\u202f4242\u20094242",
            "4242 / 4242 / 4242 / 4242",
        ],
        *["378282246310005", "3782 822463 10005", "30569309025904", "4222222222222", "6304000000000000000"[:19]],
        *[
            "5555 5555 5555 4444",
            "+4242 4242 4242 4242",
            "4242\n4242\n4242\n4242",
            "4242      4242\t \t\t4242\r\n\r\n4242",
            "7 4242 4242 4242 4242 7",
        ],
    ],
)
def test_it_knows_a_card_in_any_writing(text):
    assert stands_in(text)
    assert not stands_in(masked(text))


@pytest.mark.parametrize(
    "text",
    [
        *["", "Ada Lovelace", "7", "4242 4242 4242 4241", "+1 555 010 0000", "+49 1512 3456 7890", "0" * 16],
        *["424242424242", "R-2026-000017", "2026-11-29", "DE89 3704 0044 0532 0130 00", "1,000,000", "4242 and 4242"],
        *["4242 4242 of 4242 4242", "1 2 3 4 5 6 7 8 9"],
    ],
)
def test_it_leaves_other_digits_alone(text):
    assert not stands_in(text) and masked(text) == text


def test_it_keeps_the_last_four_of_what_it_masks():
    assert masked("Ada 5555 5555 5555 4444 Lovelace") == "Ada •••• 4444 Lovelace"
    assert masked(f"{CARD} 4000 0566 5566 5556") == "•••• 4242 •••• 5556"


class Sample(NoCardNumbers, forms.Form):
    name = forms.CharField()
    email = forms.EmailField(required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


@pytest.mark.parametrize("prefix", ["", "one"])
def test_it_refuses_and_echoes_nothing(prefix):
    before = f"{prefix}-" if prefix else ""
    sent = QueryDict(f"{before}name={CARD}&{before}email={CARD}@example.org&{before}token={CARD}")
    form = Sample(sent, prefix=prefix)
    assert not form.is_valid()
    assert {name: [error.code for error in form.errors.as_data()[name]] for name in form.errors} == {
        "name": ["card"],
        "email": ["card"],
    }
    assert CARD not in f"{form['name']}{form['email']}{form.errors}{form.cleaned_data.get('name')}"


def test_it_stands_on_no_answer_that_holds_a_form_whose_cookie_was_gone(rf):
    posted = rf.post("/give/", {"name": CARD, "email": "ada@example.org"})
    assert form_replay.typed(posted) == [("name", "•••• 4242"), ("email", "ada@example.org")]


# Who sits at these is a member of staff or proves who they are: a code or a password is no text.
NO_TEXT_OF_DONORS = {"staff.forms", "staff.accounts", "staff.passkeys"}


def test_every_form_of_the_project_refuses_one():
    """Whoever writes a further form finds this, and adds NoCardNumbers (GuardedForm has it)."""
    from config import urls  # noqa: F401, PLC0415 - with the addresses all forms are loaded

    found: set[type[forms.BaseForm]] = set()
    todo = [forms.BaseForm]
    while todo:
        new = set(todo.pop().__subclasses__()) - found
        found |= new
        todo += new
    ours = ("awareness.", "donations.", "pledges.", "supporters.", "staff.", "foundation.", "config.")
    open_ones = {
        f"{form.__module__}.{form.__name__}"
        for form in found
        if form.__module__.startswith(ours) and form.__module__ not in NO_TEXT_OF_DONORS
        if not issubclass(form, NoCardNumbers)
        if any(isinstance(field, forms.CharField) for field in getattr(form, "declared_fields", {}).values())
    }
    assert open_ones == set()
