"""The story of an editor: what is published is read on every machine, whatever each of them has kept."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from config.management.commands.serve import web_command
from tests.ports import free_port
from tests.running import ROOT, Site
from tests.waiting import wait_for

pytestmark = pytest.mark.processes
MAKE = """
from awareness.models import FilmIndexPage, FilmPage
FilmIndexPage.objects.get(slug="films", locale__language_code="en").add_child(
    instance=FilmPage(title="Everywhere", slug="everywhere", minutes=9, deck="A film."))
"""
CHANGE = """
from awareness.models import FilmPage
page = FilmPage.objects.get(slug="everywhere")
page.deck = "A longer film."
page.save_revision().publish()
"""
TAKE_OFF = 'from awareness.models import FilmPage; FilmPage.objects.get(slug="everywhere").unpublish()'
DELETE = 'from awareness.models import FilmPage; FilmPage.objects.filter(slug="everywhere").delete()'


@pytest.fixture
def another_machine(running_site: Site, tmp_path: Path) -> Iterator[str]:
    """A web process with pages of its own, on the same database. Its address."""
    for name in ("static", "media", "secrets.env"):
        (tmp_path / name).symlink_to(running_site.data_dir / name)
    port = free_port()
    database = {"DATABASE_URL": f"sqlite:///{running_site.data_dir / 'road_out.sqlite3'}", **running_site.env}
    env = {**os.environ, **database, "DATA_DIR": str(tmp_path), "PORT": str(port)}
    with subprocess.Popen([sys.executable, *web_command(port)], cwd=ROOT, env=env) as process:
        try:
            wait_for(lambda: _status(f"http://localhost:{port}/healthz") == 200, "a start of the server")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


def test_it_is_read_everywhere_when_it_is_published_changed_and_taken_off(
    running_site: Site, another_machine: str
) -> None:
    films = [f"{site}/films/everywhere/" for site in (running_site.url, another_machine)]
    assert [_status(film) for film in films] == [404, 404]
    try:
        running_site.manage("shell", "-v", "0", "-c", MAKE)
        wait_for(lambda: _words(films, "A film."), "the page everywhere")
        for film in films:
            assert "s-maxage" in requests.get(film, timeout=60).headers["Cache-Control"], "it is kept there"
        running_site.manage("shell", "-v", "0", "-c", CHANGE)
        wait_for(lambda: _words(films, "A longer film."), "the new page everywhere")
        running_site.manage("shell", "-v", "0", "-c", TAKE_OFF)
        wait_for(lambda: [_status(film) for film in films] == [404, 404], "the end of the page everywhere")
    finally:
        running_site.manage("shell", "-v", "0", "-c", DELETE)


def _status(url: str) -> int:
    try:
        return requests.get(url, timeout=60).status_code
    except requests.ConnectionError:
        return 0


def _words(films: list[str], words: str) -> bool:
    return all(words in requests.get(film, timeout=60).text for film in films)
