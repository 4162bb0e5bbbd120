"""The error page as a file: with the numbers of now, when the site itself fails."""

import errno
from unittest.mock import patch

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.utils import translation
from wagtail.images import get_image_model

from awareness import finished
from config import error_pages
from foundation.organisation.models import Organisation


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(finished, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def made(loaded) -> None:
    finished.finish()


def test_it_shows_our_number_where_the_site_itself_fails(made, rf):
    ours = Organisation.load()
    ours.phone = "+1 555 0100 200"
    ours.save()
    finished.finish()
    for language, words in (("en", "call your emergency number first"), ("es", "número de emergencia de su país")):
        with translation.override(language):
            answer = error_pages.page(rf.get("/give/"))
        assert answer.status_code == 500
        assert "+1 555 0100 200" in answer.content.decode()
        assert words in answer.content.decode()
        assert "Retry-After" in answer


@pytest.mark.parametrize(
    ("error", "status"),
    [(OSError(errno.ENOSPC, "No space left on device"), 503), (FileNotFoundError(errno.ENOENT, "No such file"), 500)],
)
def test_it_says_that_a_full_disk_passes(made, error, status):
    """The first look at a page makes its pictures, and finds no room."""
    with patch.object(FileSystemStorage, "_save", side_effect=error):
        get_image_model().get_rendition_model().objects.all().delete()
        answer = Client(raise_request_exception=False).get("/")
    assert (answer.status_code, "Retry-After" in answer) == (status, True)


def test_it_says_what_to_do_in_danger_where_no_file_was_ever_made(rf):
    """The site's very first minute, or an empty folder: no number of ours, and no database asked."""
    assert "call your emergency number first" in error_pages.page(rf.get("/")).content.decode()


def test_it_keeps_the_old_page_when_the_disk_is_full(made, folder, monkeypatch):
    before = finished.trouble()
    monkeypatch.setattr(finished.os, "fdopen", _full)
    with pytest.raises(OSError, match="No space"):
        finished.finish()
    assert finished.trouble() == before and {path.suffix for path in folder.iterdir()} == {".html"}


def _full(*args: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
