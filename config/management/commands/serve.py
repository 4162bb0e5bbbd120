"""manage.py serve: set everything up, then run web, worker and offline Stripe as one foreground command."""

import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from config.management.commands.web import APPLICATION
from config.processes import EndedError, Processes, hold, wait_until_free
from config.production import LAST_PORT
from config.reaper import GRACE_SECONDS
from staff import invitations

ENOUGH_DISK = 100 * 1024 * 1024  # bytes
ADMINISTRATOR = "admin@example.org"
STOPPED = "Stopped. Nothing is lost: run the same command to start again."


class Command(BaseCommand):
    help = "Set up this site and run it until Ctrl-C: web, worker and, without a Stripe key, the offline Stripe."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        _on_stop(_end_the_step)
        try:
            self.check_room()
            self.prepare()
            _on_stop(lambda *_: stop.set())
            self.run(stop)
        except KeyboardInterrupt:
            connection.close()
        except (OSError, OperationalError) as error:
            raise CommandError(f"The site could not start: {error}") from error
        except EndedError as error:
            raise CommandError(f"The site stopped: {error}.") from error
        self.stdout.write(STOPPED)

    def check_room(self) -> None:
        """Check free disk, ports and locks. One plain sentence now is better than a traceback later."""
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        if not hold(settings.DATA_DIR / "serving.lock"):
            raise CommandError(
                f"A server already runs on this data, {settings.DATA_DIR}: stop it, or name another DATA_DIR."
            )
        wait_until_free(self.stopping)  # a server was killed a moment ago: its processes are being stopped
        if shutil.disk_usage(settings.DATA_DIR).free < ENOUGH_DISK:
            raise CommandError(f"There is no space left on the disk that holds {settings.DATA_DIR}.")
        if len(set(self.ports().values())) < len(self.ports()):
            raise CommandError(f"PORT and SANDBOX_PORT are both {settings.PORT}: the offline Stripe needs its own.")
        for name, port in self.ports().items():
            if _taken(port):
                other = port + 10 if port + 10 <= LAST_PORT else port - 10
                raise CommandError(f"Port {port} is taken by another program. Choose another: {name}={other}.")

    @property
    def stopping(self) -> Path:
        return settings.DATA_DIR / "stopping.lock"

    def ports(self) -> dict[str, int]:
        ports = {"PORT": settings.PORT}
        return ports | {"SANDBOX_PORT": settings.SANDBOX_PORT} if settings.STRIPE_OFFLINE else ports

    def prepare(self) -> None:
        """Bring database, static files and content up to date. Quick when there is nothing to do."""
        self.say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        collect(self.say)
        self.say("Loading the starter content …")
        call_command("load_content", verbosity=0)
        call_command("finish_pages", urgent=True)  # after collectstatic: names of style sheets stand in them
        lines = f"PORT={settings.PORT}\n"
        if settings.STRIPE_OFFLINE:
            lines += f"SANDBOX_PORT={settings.SANDBOX_PORT}\n"
        (settings.DATA_DIR / "last_start.env").write_text(lines)
        self.link = invitations.first_link(ADMINISTRATOR)
        connection.close()

    def run(self, stop: threading.Event) -> None:
        env = {"DATA_DIR": str(settings.DATA_DIR), "PORT": str(settings.PORT), "PYTHONUNBUFFERED": "1"}
        self.say("Starting …")
        with Processes(settings.BASE_DIR, env, self.stopping) as processes:
            if settings.STRIPE_OFFLINE:
                processes.start("the offline Stripe", _sandbox_command())
                processes.wait_for(lambda: _answers(f"http://127.0.0.1:{settings.SANDBOX_PORT}/_sandbox/health"))
            processes.start("the web server", web_command(settings.PORT))
            processes.start("the worker", ["manage.py", "worker"])
            processes.wait_for(lambda: stop.is_set() or _answers(f"http://127.0.0.1:{settings.PORT}/readyz"))
            if not stop.is_set():
                _answers(
                    f"http://127.0.0.1:{settings.PORT}/"
                )  # the first answer compiles templates: no visitor should wait for it
                self.announce()
            while not stop.wait(0.5):
                processes.check()
            self.say("\nStopping …")

    def announce(self) -> None:
        lines = [
            "",
            f"The site is at        {settings.BASE_URL}/",
            f"Staff sign in at      {settings.BASE_URL}/admin/",
        ]
        if settings.SITE_MODE == "demo" and not settings.EMAIL_URL_SET:
            lines.append(f"Letters are kept at   {settings.BASE_URL}/demo/letters/{settings.DEMO_LETTERS_KEY}/")
        if self.link:
            lines.append(f"\nThe first administrator ({ADMINISTRATOR}) chooses a password here, once, within a day:")
            lines.append(f"  {self.link}")
        if settings.STRIPE_OFFLINE:
            lines.append(
                "\nNo money moves. On the payment page use card 4242 4242 4242 4242, any later date, any code."
            )
        lines.append("Stop with Ctrl-C.")
        self.say("\n".join(lines))

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def collect(say: Callable[[str], None]) -> None:
    """Run collectstatic, if a static file changed since the last time."""
    stamp = settings.DATA_DIR / "static" / ".collected"
    wanted = _fingerprint()
    if not stamp.exists() or stamp.read_text() != wanted:
        say("Collecting pictures, fonts and style sheets …")
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(wanted)


def _on_stop(act: Any) -> None:
    """Handle SIGINT (Ctrl-C) and SIGTERM (what stops a service) alike."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, act)


def _end_the_step(*_: Any) -> None:
    """Signal handler while nothing runs yet. A step may take seconds to end: that is said at once, and more presses of
    Ctrl-C cut nothing off.
    """
    _on_stop(signal.SIG_IGN)
    os.write(sys.stdout.fileno(), "\nStopping …\n".encode())  # a print that is under way may be what it interrupts
    raise KeyboardInterrupt


def _sandbox_command() -> list[str]:
    return [
        "-m", "stripe_sandbox",
        "--port", str(settings.SANDBOX_PORT),
        "--state", str(settings.DATA_DIR / "stripe_sandbox.sqlite3"),
        "--webhook-url", f"http://127.0.0.1:{settings.PORT}/stripe/webhook/",
        "--webhook-secret", settings.STRIPE_WEBHOOK_SECRETS[0],
    ]  # fmt: skip


def web_command(port: int, workers: int = 1, application: str = APPLICATION) -> list[str]:
    return [
        "manage.py", "web", "--port", str(port), "--workers", str(workers), "--grace", str(GRACE_SECONDS - 2),
        "--application", application,
    ]  # fmt: skip


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left counts as free
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return True
    return False


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=20) as answer:  # noqa: S310 - our own address on this machine
            return answer.status == 200
    except (URLError, OSError):
        return False


def _fingerprint() -> str:
    """A fingerprint that changes when a static file of ours or a package does."""
    files = [path for path in Path(settings.BASE_DIR, "static").rglob("*") if path.is_file()]
    newest = max((path.stat().st_mtime_ns for path in files), default=0)
    return f"{len(files)} {newest} {(settings.BASE_DIR / 'requirements.txt').stat().st_mtime_ns}"
