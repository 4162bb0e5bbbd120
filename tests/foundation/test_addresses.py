"""One check of every address that staff type."""

import pytest
from django.core.exceptions import ValidationError

from awareness.facts import Source
from awareness.films import FilmPage
from awareness.hotlines import Hotline
from awareness.links import LinkBlock
from awareness.navigation import Navigation
from donations.models import CostLine
from foundation.organisation import addresses
from foundation.organisation.models import Organisation

ELSEWHERE = ["javascript:alert(1)", " javascript:x", "data:text/html,x", "ftp://example.org", "https://", "https:/x"]
ELSEWHERE += [
    "https://me@evil.example/",
    "https://example.org@evil.example",
    "https://a b.example",
    "https://x\n.example",
]
ASTRAY = ["//evil.example", "/\\evil.example", "\\\\evil.example", "/\tx", "/x\n", "http://example.org", "give"]
FIELDS = [
    (Organisation, "leave_url"),
    (Navigation, "store_address"),
    (Navigation, "announcement_address"),
    (Source, "address"),
    (CostLine, "address"),
    (FilmPage, "trailer"),
    (Hotline, "web"),
]


@pytest.mark.parametrize("address", [*ELSEWHERE, *ASTRAY])
def test_it_refuses_what_leads_astray(address: str) -> None:
    with pytest.raises(ValidationError):
        addresses.check(address)
    block = LinkBlock()
    with pytest.raises(ValidationError):
        block.clean(block.to_python({"label": "Words", "address": address + "x"}))  # its field takes blanks away


@pytest.mark.parametrize("address", ["/give/", "/es/give/?x=1#giving", "#part", "https://example.org/a?b=c", "/"])
def test_it_takes_our_pages_and_other_sites(address: str) -> None:
    addresses.check(address)
    block = LinkBlock()
    assert block.clean(block.to_python({"label": "Words", "address": address}))["address"] == address


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "name"), FIELDS)
@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example", "https://me@evil.example/"])
def test_it_looks_at_every_field_that_holds_one(model: type, name: str, address: str) -> None:
    row = model(**{name: address})
    with pytest.raises(ValidationError) as refused:
        row.clean()
    assert name in refused.value.message_dict


@pytest.mark.parametrize("line", ["https://example.org", "example", "exa mple.org", "evil.example\njavascript:x"])
def test_it_publishes_no_hotline_with_a_line_that_opens_nothing(line: str) -> None:
    with pytest.raises(ValidationError):
        Hotline(web=line).clean()
    Hotline(web="humantraffickinghotline.org\nice.gov/tips").clean()
