"""/privacy/ says what this software keeps, how long, and its cookies: from the table by which it forgets."""

import pytest
from django.conf import settings

from config import cookies


@pytest.mark.parametrize(("address", "days"), [("/privacy/", "17 days"), ("/es/privacy/", "17 días")])
def test_it_says_on_privacy_what_the_table_says(read, monkeypatch, address, days):
    monkeypatch.setitem(settings.RETENTION, "unpaid", 17)
    page = read(address)
    assert days in page
    for name, _what, _until in cookies.table():
        assert f">{name}</code>" in page
