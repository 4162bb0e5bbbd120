"""script/server, as a stranger meets it: a fresh clone, one command, plain sentences when it cannot."""

import hashlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
import requests
from django.apps.registry import Apps, apps
from django.conf import LazySettings
from django.core.management.base import CommandError

from config import processes
from config.management.commands import migrate, serve
from tests import evidence, lacking
from tests.databases import own_database
from tests.ports import free_port
from tests.running import ROOT, files_of_the_project
from tests.waiting import wait_for

pytestmark = [pytest.mark.processes]
TRACE = "Traceback (most recent call last)"


def cloned(path: Path) -> Path:
    """What is committed, plus what is not yet: the tree that git would hand to a stranger."""
    names = "\n".join(files_of_the_project("--cached", "--others", "--exclude-standard")).encode()
    path.mkdir()
    subprocess.run(["tar", "-cf", "files.tar", "-C", str(ROOT), "-T", "-"], cwd=path, input=names, check=True)
    subprocess.run(["tar", "-xf", "files.tar"], cwd=path, check=True)
    return path


def lend_packages(clone: Path) -> None:
    """What installing would leave in the clone's environment: what its requirements pin, and no other package."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=clone, check=True)
    (packages,) = clone.glob(".venv/lib/python*/site-packages")
    for requirements in (clone / "requirements.txt", clone / "requirements-postgres.txt"):
        for name in re.findall(r"^([\w.-]+)==", requirements.read_text(), re.MULTILINE):
            with suppress(PackageNotFoundError):  # another system needs it
                package = distribution(name)
                for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
                    if not (packages / top).exists():
                        (packages / top).symlink_to(str(package.locate_file(top)))
        stamp = clone / ".venv" / f".installed-{requirements.name}"
        stamp.write_text(hashlib.sha256(requirements.read_bytes()).hexdigest())


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    with own_database("stranger") as extra:
        yield extra


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose environment is there already: the one that these tests run in."""
    path = tmp_path_factory.mktemp("furnished") / "road-out"
    path.mkdir()
    for part in ROOT.iterdir():
        if part.name not in {".git", "var"}:
            (path / part.name).symlink_to(part)
    return path


def environment(**changes: str) -> dict[str, str]:
    ours = {"DATABASE_URL", "DATA_DIR", "DJANGO_ALLOW_ASYNC_UNSAFE", "DJANGO_SETTINGS_MODULE", "LOG_LEVEL"}
    return {key: value for key, value in os.environ.items() if key not in ours} | changes


class Server:
    """One run of script/server in the clone."""

    def __init__(self, clone: Path, env: dict[str, str]) -> None:
        self.output = clone.parent / f"output-{free_port()}.txt"
        evidence.watch("script/server", self.output)
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                ["script/server"], cwd=clone, env=env, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_it_runs(self, seconds: float) -> float:
        """Seconds until it said where it is. Polls a process; nothing is assumed about how long it takes."""
        started = time.monotonic()
        while "Stop with Ctrl-C" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - started < seconds, self.said()
            time.sleep(0.1)
        return time.monotonic() - started

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=120)


def children(pid: int) -> dict[str, int]:
    """The processes that a process started, by the last words of their commands."""
    whole = ["ps", "-ww", "-eo", "pid=,ppid=,args="]  # ps cuts lines where it takes a terminal to be near
    listed = subprocess.run(whole, capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return {args.rstrip(): int(child) for child, parent, args in rows if int(parent) == pid}


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def test_it_brings_a_stranger_to_a_running_site_and_keeps_everything_whatever_ends_it(
    tmp_path: Path, database: dict[str, str]
) -> None:
    """From no database to a site, in the environment that installing leaves; then Ctrl-C, kill -9, and kill -9 of its
    web server, each followed by the same command. That all of it can be installed: the test below.
    """
    clone = cloned(tmp_path / "road-out")
    lend_packages(clone)
    tell_the_whole_story(clone, tmp_path / "data", database)


@pytest.mark.long
def test_it_fetches_all_that_a_stranger_needs(tmp_path: Path, database: dict[str, str]) -> None:
    """The same story from nothing but a Python and a network, on which a hundred packages are fetched once."""
    said = tell_the_whole_story(cloned(tmp_path / "road-out"), tmp_path / "data", database)
    assert "Installing what requirements.txt pins" in said


def tell_the_whole_story(clone: Path, data: Path, database: dict[str, str]) -> str:
    """What its first start said."""
    ports = {name: free_port() for name in ("PORT", "SANDBOX_PORT")}
    env = environment(DATA_DIR=str(data), **{name: str(port) for name, port in ports.items()}, **database)
    env["PIP_NO_COMPILE"] = "1"  # of a hundred packages the site loads a part
    first = Server(clone, env)
    first.wait_until_it_runs(550)
    said = first.said()
    home = f"http://localhost:{ports['PORT']}/"
    assert home in said
    assert "/demo/letters/" in said
    link = next(
        line.strip() for line in said.splitlines() if "/staff/" in line or "/accounts/" in line or "invitation" in line
    )
    assert requests.get(link, timeout=60).status_code == 200
    page = requests.get(home, timeout=60)
    assert page.status_code == 200
    assert "demonstration" in page.text
    assert (data / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert users(clone, data, database) == "1"
    assert first.press_ctrl_c() == 0
    assert TRACE not in first.said()
    assert all(map(is_free, ports.values()))

    env["PREFILL"] = (
        "false"  # the first start drew a hundred pages; that the others would shows nothing of how they end
    )
    killed = Server(clone, env)
    killed.wait_until_it_runs(550)
    assert "Installing" not in killed.said() and "Collecting" not in killed.said()
    assert users(clone, data, database) == "1"
    killed.process.kill()
    killed.process.wait()
    after = Server(clone, env)  # at once
    after.wait_until_it_runs(550)
    assert requests.get(f"{home}healthz", timeout=60).status_code == 200
    web = next(
        pid for command, pid in children(after.process.pid).items() if command.endswith("config.wsgi:application")
    )
    assert children(web), "the web server answers in a process of its own"
    os.kill(web, signal.SIGKILL)
    assert after.process.wait(timeout=120) == 1
    assert "The site stopped: the web server ended" in after.said() and TRACE not in after.said()
    wait_for(lambda: all(map(is_free, ports.values())))
    return said


def users(clone: Path, data: Path, database: dict[str, str]) -> str:
    """How many there are, by a command of the clone's own environment."""
    code = "from staff.models import User; print(User.objects.count())"
    command = [".venv/bin/python", "manage.py", "shell", "--command", code]
    env = environment(DATA_DIR=str(data), **database)
    return subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True, check=True).stdout.split()[-1]


def two_ports() -> dict[str, str]:
    """The site's, and its offline Stripe's: by itself that takes the next one, which somebody else may have."""
    return {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}


def refused(clone: Path, **changes: str) -> str:
    """Run script/server where it cannot start, on ports that nobody has unless one is named; return what it said."""
    env = environment(**two_ports() | changes)
    done = subprocess.run(["script/server"], cwd=clone, env=env, capture_output=True, text=True, timeout=550)
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert TRACE not in said, said
    return said


def test_it_says_that_a_port_is_taken(furnished: Path, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        said = refused(furnished, PORT=str(port), DATA_DIR=str(tmp_path))
    assert f"Port {port} is taken" in said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"PORT": "abc"}, "PORT=abc is no port: set it to a number from 1 to 65535."),
        ({"PORT": "70000"}, "PORT=70000 is no port: set it to a number from 1 to 65535."),
        ({"PYTHON": "/nonexistent"}, "PYTHON names /nonexistent, and there is no such program."),
    ],
)
def test_it_says_in_one_sentence_what_is_wrong_with_a_setting(
    furnished: Path, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    said = refused(furnished, **{"DATA_DIR": str(tmp_path), **changes})
    assert sentence in said and len(said.strip().splitlines()) == 1


def test_it_says_which_python_runs_its_commands(tmp_path: Path) -> None:
    without_packages = [sys.executable, "-S", "-E", "manage.py", "check"]
    done = subprocess.run(without_packages, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1 and TRACE not in done.stderr
    assert "does not have the site's packages. Use " in done.stderr


def test_it_says_that_a_server_already_runs_on_the_same_data(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.PORT = settings.SANDBOX_PORT = 4444
    with pytest.raises(CommandError, match="PORT and SANDBOX_PORT are both 4444"):
        serve.Command().check_room()  # it holds the data from now on
    with pytest.raises(CommandError, match="A server already runs on this data"):
        serve.Command().check_room()


def test_it_stops_with_a_sentence_and_makes_again_what_was_left_half_made(tmp_path: Path) -> None:
    half_made = tmp_path / ".venv" / "bin" / "python"  # it runs, and has no packages and no pip
    half_made.parent.mkdir(parents=True)
    half_made.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    (tmp_path / "uv").write_text("#!/bin/sh\nkill -INT $PPID\nexec sleep 60\n")
    for program in (half_made, tmp_path / "uv"):
        program.chmod(0o755)
    subprocess.run(["cp", "-r", str(ROOT / "script"), str(ROOT / "requirements.txt"), str(tmp_path)], check=True)
    env = environment(PATH=f"{tmp_path}:{os.environ['PATH']}")
    said = refused(tmp_path, **{name: value for name, value in env.items() if name == "PATH"})
    assert said.splitlines() == ["Making the environment in .venv …", "Stopped. Run the same command again to go on."]


def test_it_stops_at_once_while_the_database_is_prepared(furnished: Path, tmp_path: Path) -> None:
    ports = two_ports()
    server = Server(furnished, environment(DATA_DIR=str(tmp_path / "data"), **ports))
    wait_for(lambda: "Preparing the database" in server.said())
    assert server.press_ctrl_c() == 0
    assert server.said().split("\n")[1:] == ["", "Stopping …", serve.STOPPED, ""]
    assert TRACE not in server.said()


def test_it_notes_the_migration_at_hand_before_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django makes the tables, and notes afterwards that it did."""
    done = []

    def work(command: migrate.Command, **options: Any) -> None:
        command.verbosity = 0
        for each in ("first", "second"):
            command.migration_progress_callback("apply_start", each)
            signal.raise_signal(signal.SIGINT)
            done.append(each)

    monkeypatch.setattr(migrate.Command.__mro__[1], "handle", work)
    with pytest.raises(KeyboardInterrupt):
        migrate.Command().handle(verbosity=0)
    assert done == ["first"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_does_not_look_through_all_models_again_for_each_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django keeps which setting names a model until the models of a migration are made."""
    looked = []
    plain = vars(Apps)["get_swappable_settings_name"]

    def work(command: migrate.Command, **options: Any) -> None:
        for _ in range(3):
            plain.cache_clear()
            assert apps.get_swappable_settings_name("staff.User") == "AUTH_USER_MODEL"
            looked.append(plain.cache_info().misses)

    monkeypatch.setattr(migrate.Command.__mro__[1], "handle", work)
    migrate.Command().handle(verbosity=0)
    assert looked == [1, 0, 0] and "get_swappable_settings_name" not in vars(apps)


def test_it_waits_for_minutes_until_a_busy_machine_has_started_its_servers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a machine that is twenty times too busy a server answers after a minute, and nothing is wrong with it."""
    monkeypatch.setattr(processes.time, "monotonic", iter((0, 90, 170)).__next__)
    monkeypatch.setattr(processes.time, "sleep", lambda seconds: None)
    processes.Processes(tmp_path, {}, tmp_path / "lock").wait_for(iter((False, False, True)).__next__)


def test_it_says_that_its_data_are_of_another_version(furnished: Path, tmp_path: Path) -> None:
    """The first migrations of both have the same names: without a word each page would fail."""
    with closing(sqlite3.connect(tmp_path / "road_out.sqlite3")) as old:
        old.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied TEXT)")
        names = [
            ("donations", "0001_initial"),
            ("donations", "0002_of_before"),
            ("doors", "0001_initial"),  # which is called access now
            ("an_app_that_is_gone", "0001_initial"),
        ]
        old.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, '2026-11-01')", names)
        old.commit()
    said = refused(furnished, DATA_DIR=str(tmp_path))
    assert f"The data at {tmp_path} were made by another version of Road Out" in said
    assert "it does not know donations.0002_of_before, doors.0001_initial. Keep them" in said
    assert len([line for line in said.splitlines() if "another version" in line]) == 1


def test_it_says_that_its_data_cannot_be_written(furnished: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = refused(furnished, DATA_DIR=str(tmp_path / "file" / "data"))
    assert "DATA_DIR" in said and str(tmp_path / "file") in said


def test_it_says_that_there_is_no_network_and_installs_what_is_pinned_where_there_is(tmp_path: Path) -> None:
    """A clone without its environment, with an index that nobody serves and with the real one. Three packages stand
    for all.
    """
    alone = tmp_path / "alone"
    shutil.copytree(ROOT / "script", alone / "script")
    pins = (ROOT / "requirements.txt").read_text().replace("\\\n", "").splitlines()
    few = [line for line in pins if line.startswith(("django==", "asgiref==", "sqlparse=="))]
    assert len(few) == 3 and all("--hash=" in line for line in few)
    (alone / "requirements.txt").write_text("\n".join(few))
    nowhere = "http://127.0.0.1:9/"
    dead = {"PIP_INDEX_URL": nowhere, "UV_INDEX_URL": nowhere, "UV_DEFAULT_INDEX": nowhere, "PIP_FIND_LINKS": ""}
    caches = {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}
    said = refused(alone, **dead, **caches)
    assert "Check the network" in said

    def set_up() -> list[str]:
        command = [sys.executable, "script/setup.py", "requirements.txt"]
        env = environment(PIP_NO_COMPILE="1")
        done = subprocess.run(command, cwd=alone, env=env, capture_output=True, text=True, timeout=550)
        assert done.returncode == 0, done.stderr
        return done.stderr.splitlines()

    assert [line.split()[0] for line in set_up()] == ["Making", "Installing"]
    subprocess.run([".venv/bin/python", "-c", "import django"], cwd=alone, check=True)
    assert set_up() == []


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte, which only root may make."""
    path = tmp_path / "full"
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)], capture_output=True).returncode:
        lacking.skip("the right to mount a small disk (root on Linux)")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def test_it_says_that_the_disk_is_full(furnished: Path, full_disk: Path) -> None:
    said = refused(furnished, DATA_DIR=str(full_disk))
    assert "no space left" in said
