"""A copy to come back to: what is in it, what is refused, and that a restored site does nothing by itself."""

import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from subprocess import run
from zipfile import ZipFile

import pytest
from django.db.migrations.loader import MigrationLoader

from config.copies import form, reading, writing
from config.copies.form import Contents, CopyError
from config.management.commands.backup import SECRETS
from tests.databases import migrated, own_database
from tests.foundation.test_jobs import Processes
from tests.running import ROOT

FILES = {
    "READ ME.txt": b"words",
    "database/road_out.sqlite3": b"rows" * 9000,
    "media/a film.mp4": Random(1).randbytes(300_000),
}


# --- What is refused, without a site -----------------------------------------------------------------------


def made(path: Path, files: dict[str, bytes] = FILES, **changes: object) -> Path:
    """A file as `backup` writes it, of a site that is none."""
    contents = Contents(form.FORMAT, "2026-11-29T04:00:00+00:00", "https://charity.example", "sqlite", [])
    with ZipFile(path, "w") as bundle:
        put = writing.Entries(bundle, contents)
        for name, content in files.items():
            put.entry(name, iter([content]))
        for name, value in changes.items():
            setattr(contents, name, value)
        bundle.writestr(form.CONTENTS, contents.to_bytes())
        bundle.writestr(form.SEAL, form.seal(contents.to_bytes()))
    return path


def proved(path: Path) -> Contents:
    with reading.opened(path) as (bundle, contents):
        form.prove(bundle, contents)
    return contents


def test_it_takes_a_whole_copy(tmp_path):
    assert proved(made(tmp_path / "copy.zip")).media() == ["media/a film.mp4"]


@pytest.mark.parametrize("part", [0, 1, 0.1, 0.5, 0.9, 0.999])
def test_it_refuses_a_copy_that_was_cut_off(tmp_path, part):
    path = made(tmp_path / "copy.zip")
    os.truncate(path, int(part) if part in (0, 1) else int(path.stat().st_size * part))
    with pytest.raises(CopyError, match="cut off"):
        proved(path)


def test_it_refuses_a_copy_of_which_any_byte_was_changed(tmp_path):
    """Some bytes of a ZIP say a thing twice, or nothing: what is read of such a file is what was copied."""
    path = made(tmp_path / "copy.zip")
    whole, told, refused = path.read_bytes(), proved(path), 0
    for at in range(0, len(whole), len(whole) // 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        try:
            assert proved(path) == told
        except CopyError:
            refused += 1
    assert refused >= 55


def rewritten(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    with ZipFile(path) as bundle:
        entries = {name: bundle.read(name) for name in bundle.namelist()}
    change(entries)
    with ZipFile(path, "w") as bundle:
        for name, content in entries.items():
            bundle.writestr(name, content)
    return path


def test_it_refuses_a_copy_that_somebody_wrote_anew(tmp_path):
    """With sums that fit, but without our SECRET_KEY."""

    def change(entries: dict[str, bytes]) -> None:
        told = json.loads(entries[form.CONTENTS])
        told["of"] = "https://attacker.example"
        entries[form.CONTENTS] = json.dumps(told).encode()

    path = rewritten(made(tmp_path / "copy.zip"), change)
    with pytest.raises(CopyError, match="seal"):
        proved(path)
    with reading.opened(path, sealed=False) as (_bundle, contents):
        assert contents.of == "https://attacker.example"  # who lost the secrets may trust the place it was kept in


def test_it_takes_the_seal_of_a_key_that_is_being_changed(tmp_path, settings):
    path = made(tmp_path / "copy.zip")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, [settings.SECRET_KEY]
    assert proved(path)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CopyError, match="SECRET_KEY"):
        proved(path)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "media/../../outside", "media\\outside", "media//x"])
def test_it_refuses_names_that_lead_out_of_the_place(tmp_path, name):
    with pytest.raises(CopyError, match="no place inside"):
        proved(made(tmp_path / "copy.zip", {name: b"x"}))


@pytest.mark.parametrize("name", [form.CONTENTS, form.SEAL, "media/a film.mp4"])
def test_it_refuses_a_copy_that_lacks_a_part(tmp_path, name):
    with pytest.raises(CopyError, match="damaged"):
        proved(rewritten(made(tmp_path / "copy.zip"), lambda entries: entries.pop(name)))


def test_it_refuses_a_copy_with_more_than_it_says(tmp_path):
    with pytest.raises(CopyError, match="other entries"):
        proved(rewritten(made(tmp_path / "copy.zip"), lambda entries: entries.update({"media/more": b"x"})))


def test_it_refuses_what_is_no_copy(tmp_path):
    other = tmp_path / "other.zip"
    with ZipFile(other, "w") as bundle:
        bundle.writestr("a", "b")
    (tmp_path / "text").write_text("words")
    for path, says in ((other, "damaged"), (tmp_path / "text", "no whole copy"), (tmp_path / "none", "No such file")):
        with pytest.raises(CopyError, match=says):
            proved(path)


def test_it_refuses_a_copy_of_a_newer_version(tmp_path):
    with pytest.raises(CopyError, match="newer version"):
        proved(made(tmp_path / "format.zip", format=form.FORMAT + 1, unknown_there=1))
    known = [list(key) for key in MigrationLoader(None).disk_migrations]
    for newer in (["donations", "9999_later"], ["an_app_of_later", "0001_initial"]):
        with pytest.raises(CopyError, match=f"newer version.*{newer[0]}.{newer[1]}"):
            reading.restore(made(tmp_path / f"{newer[0]}.zip", migrations=[*known, newer]), print)


def test_it_writes_over_nothing_and_not_among_what_it_copies(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (tmp_path / "copy.zip").write_text("the last one")
    for target, says in (
        (tmp_path / "copy.zip", "there already"),
        (tmp_path / "no folder" / "copy.zip", "no folder"),
        (settings.MEDIA_ROOT, "among what is copied"),
    ):
        with pytest.raises(CopyError, match=says):
            writing.write(target, print)
    assert (tmp_path / "copy.zip").read_text() == "the last one"


# --- The way there and back --------------------------------------------------------------------------------

SOME = """
import datetime, json
from django.contrib.sessions.models import Session
from django.utils import timezone
from donations.models import StripeEvent
from foundation.jobs import queue
from foundation.letters import outbox, writing
from foundation.organisation import clone_guard
from supporters import consent
from supporters.supporters import get_or_create_supporter
clone_guard.claim("acct_1/test")
ozge = get_or_create_supporter("ozge@donor.example", "Özge\\t\\\\N \\\\. a\\nline 🦋")
consent.record(ozge, "letters", True, "words", "/subscribe/")
outbox.enqueue("waits", "receipt", "ozge@donor.example", writing.Written("s", "t", "h"))
queue.enqueue("stripe-event", "stripe-event:evt_1", {"event": "evt_1"})
Session.objects.create(session_key="k", session_data="d", expire_date=timezone.now() + datetime.timedelta(days=1))
"""
TELL = """
import json
from foundation.jobs.queue import run_due
run_due()
from django.contrib.sessions.models import Session
from django.db import Error
from donations.stripe import client
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from foundation.organisation import clone_guard
from supporters.models import ConsentEvent, Supporter
from supporters.supporters import get_or_create_supporter
def why(act):
    try:
        act()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
print("TOLD", json.dumps({
    "name": Supporter.objects.get(email="ozge@donor.example").name,
    "letters": list(Letter.objects.values_list("key", "state")),
    "jobs": [job.args for job in Job.objects.filter(kind="stripe-event")],
    "sessions": Session.objects.count(),
    "mail": why(clone_guard.check_address),
    "stripe": why(client.account),
    "account": why(lambda: clone_guard.check_account("acct_1/test")),
    "guard": why(lambda: ConsentEvent.objects.all()._raw_delete("default")),
    "next": why(lambda: get_or_create_supporter("next@donor.example")),
}))
"""


class Place(Processes):
    """A site, or a place for one."""

    def __init__(self, data_dir: Path, extra: dict[str, str]) -> None:
        ours = {name: value for name, value in os.environ.items() if name not in SECRETS}  # it has its own
        super().__init__({**ours, "DATA_DIR": str(data_dir), "SANDBOX_PORT": "9", **extra})
        self.data_dir, self.media = data_dir, data_dir / "media"

    def told(self, first: str = "") -> dict[str, object]:
        """After whatever is due was done. Each command of a machine that is busy takes seconds."""
        return json.loads(self.shell(first + TELL).split("TOLD", 1)[1])


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    data_dir = tmp_path_factory.mktemp("lived-in")
    with own_database("lived-in", data_dir) as extra:
        place = Place(data_dir, extra)
        if not migrated():
            place.manage("migrate", "--verbosity", "0")
        place.shell(SOME)
        (place.media / "films").mkdir(parents=True)
        (place.media / "films" / "über uns.mp4").write_bytes(os.urandom(3_000_000))
        (place.media / "outside").symlink_to("/etc")
        (place.media / "nowhere").symlink_to("/nonexistent/file")
        os.mkfifo(place.media / "pipe")
        yield place
        place.commands.stop()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Place]:
    with own_database("empty") as extra:
        place = Place(tmp_path / "empty", extra)
        yield place
        place.commands.stop()


@pytest.mark.processes
@pytest.mark.both
def test_it_comes_back_whole_and_does_nothing_until_somebody_claims_it(lived_in, empty, tmp_path):
    folder, secrets = tmp_path / "copies", tmp_path / "secrets.env"
    folder.mkdir()
    told = lived_in.manage("backup", str(folder), "--secrets", str(secrets))
    (copy,) = folder.iterdir()
    assert copy.stat().st_mode & 0o777 == secrets.stat().st_mode & 0o777 == 0o600
    for name in ("media/nowhere", "media/outside", "media/pipe"):
        assert f"LEFT OUT: {name} " in told
    key = next(line for line in secrets.read_text().splitlines() if line.startswith("SECRET_KEY="))
    with ZipFile(copy) as bundle:
        assert not [name for name in bundle.namelist() if key.split("=")[1].encode() in bundle.read(name)]

    refused = empty.commands.done("restore", str(copy))
    assert refused.returncode == 1 and "SECRET_KEY" in refused.stderr and not empty.media.exists()
    shutil.copy(secrets, empty.data_dir / "secrets.env")  # as its owner kept it
    empty.commands.stop()  # who comes next reads it
    assert "claim_site" in empty.manage("restore", str(copy))
    assert (empty.media / "films" / "über uns.mp4").read_bytes() == (
        lived_in.media / "films" / "über uns.mp4"
    ).read_bytes()
    assert sorted(path.name for path in empty.media.iterdir()) == ["films"]

    found = empty.told()
    assert found["name"] == "Özge\t\\N \\. a\nline 🦋"
    assert found["letters"] == [["waits", "unsure"]] and found["jobs"] == [{"event": "evt_1", "silent": True}]
    assert found["sessions"] == 0 and found["next"] is None and "only grows" in str(found["guard"])
    for guarded in ("mail", "stripe", "account"):
        assert "restored from a copy" in str(found[guarded])
    again = empty.commands.done("restore", str(copy))
    assert again.returncode == 1 and "empty place only" in again.stderr

    found = empty.told("from django.core.management import call_command\ncall_command('claim_site')\n")
    assert found["mail"] is None and "restored" not in str(found["stripe"])


@pytest.mark.processes
@pytest.mark.both
def test_it_leaves_nothing_that_looks_like_a_copy_when_the_disk_is_full(lived_in, tmp_path):
    """A limit on the length of files stands for the disk."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, 2_500_000))

    command = [sys.executable, "manage.py", "backup", str(tmp_path)]
    done = run(command, cwd=ROOT, env=lived_in.env, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 1 and "No copy was made" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.processes
def test_it_takes_back_what_it_wrote_when_a_place_cannot_be_filled(lived_in, empty, tmp_path):
    """The disk is full half way: neither database nor uploads look as if it had come through."""
    lived_in.manage("backup", str(tmp_path / "copy.zip"))
    empty.data_dir.mkdir()
    shutil.copy(lived_in.data_dir / "secrets.env", empty.data_dir)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, 2_500_000))

    command = [sys.executable, "manage.py", "restore", str(tmp_path / "copy.zip")]
    done = run(command, cwd=ROOT, env=empty.env, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 1 and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert not any(empty.media.iterdir())
    assert sorted(path.name for path in empty.data_dir.iterdir() if path.stat().st_size) == ["media", "secrets.env"]
