"""load_content on an empty database."""

import pytest
from django.core.management import CommandError, call_command

from awareness.models import Figure, HomePage, Navigation
from foundation.organisation.models import Organisation


def test_it_makes_a_whole_site_from_nothing(loaded, client):
    for address in ("/", "/the-problem/", "/the-problem/what-is-human-trafficking/", "/get-help/"):
        assert client.get(address).status_code == 200
        assert f"Page {address}: made" in loaded
    assert Figure.objects.count() > 50
    assert Organisation.load().is_sample
    assert len(Navigation.load().header) == 7


@pytest.mark.django_db
def test_it_names_the_profiles_there_are_when_asked_for_another():
    with pytest.raises(CommandError, match=r"no profile nobody.*sample"):
        call_command("load_content", profile="nobody", verbosity=0)
    assert not HomePage.objects.exists()
