"""My pledge on My page: what was signed, in its words, and a button that takes the signature back."""

import pytest
from django.test import Client

from pledges import counting
from pledges.models import Pledge, Signature
from supporters.supporters import get_or_create_supporter
from tests.pledges.driver import confirm, sign
from tests.supporters.visitor import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def signature(pledge: Pledge) -> Signature:
    client = Client()
    sign(client)
    confirm(client)
    return Signature.objects.get()


def test_it_shows_the_words_that_were_signed_and_takes_the_signature_back(signature: Signature) -> None:
    mine, address = come_in("ada@example.org"), f"/my/pledge/{signature.pk}/withdraw/"
    page = mine.get("/my/").content.decode()
    assert "Signed as number 1, confirmed on" in page and "The words I signed" in page
    assert signature.text.heading in page and f'action="{address}"' in page
    assert mine.get(address).status_code == 405
    for _ in range(2):
        assert mine.post(address)["Location"] == "/my/?done=withdrawn#pledge"
    page = mine.get("/my/?done=withdrawn").content.decode()
    assert "Your signature is withdrawn." in page and "Withdrawn." in page and address not in page
    signature.refresh_from_db()
    assert signature.state == "withdrawn" and counting.confirmed(signature.pledge) == 0


def test_it_takes_nothing_back_for_somebody_else(signature: Signature) -> None:
    get_or_create_supporter("grace@example.org", "Grace")
    other = come_in("grace@example.org")
    assert other.post(f"/my/pledge/{signature.pk}/withdraw/").status_code == 404
    page = other.get("/my/").content.decode()
    assert (
        counting.confirmed(signature.pledge) == 1 and "You have not signed yet." in page and 'href="/pledge/"' in page
    )
