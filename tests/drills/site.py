"""A site in pieces for the drills: web, workers, offline Stripe, mail server, each of which can be killed by itself."""

import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Any

import requests

from tests.drills.mail_server import MailServer
from tests.drills.report import Report
from tests.running import ROOT, free_port
from tests.stripe_sandbox.driver import Sandbox

PATIENCE = 120  # seconds for a process of a busy machine to answer
# Seconds for one to end: a comparison asks Stripe ten times in a second, and a worker's turn of it lasts two minutes.
LONGEST = 1200
LEASE = 400  # seconds; longer than a worker's lease
BACK_OFF = (
    3 * 3600
)  # seconds; longer than a handful of failures earns, and twelve are longer than the day a welcome waits
INSIDE = "import django; django.setup(); from tests.drills import inside; inside.main()"
Say = Callable[[str], None]


# The rows of a site that never ran. All of them, or what a gift needs: no page to read, so that no worker begins with
# the links and pictures of a hundred.
Rows = tuple[list[str], ...]
WHOLE: Rows = (["migrate"], ["load_content"])
GIVING: Rows = (
    [
        "shell",
        "--command",
        "from django.core.management import call_command; call_command('migrate', verbosity=0);"
        "from donations.giving import starter; starter.load()",
    ],
)


def prepare(data_dir: Path, extra: dict[str, str], rows: Rows) -> None:
    """A site that never ran: static files, unless they are there, tables and those rows."""
    env = without_empty({**os.environ, "DATA_DIR": str(data_dir), **extra})
    static = [] if (data_dir / "static").exists() else [["collectstatic", "--no-input"]]
    for words in [*static, *rows]:
        command = [sys.executable, "manage.py", *words, "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)


def without_empty(env: dict[str, str]) -> dict[str, str]:
    """An empty value takes a variable away."""
    return {name: value for name, value in env.items() if value}


def copy_of(prepared: Path, data_dir: Path) -> Path:
    """The same site once more, with static files in common."""
    ignore = shutil.ignore_patterns("static", "drill.log")
    shutil.copytree(prepared, data_dir, dirs_exist_ok=True, ignore=ignore)
    (data_dir / "static").symlink_to(prepared / "static")
    return data_dir


def eventually(what: Callable[[], Any], words: str, seconds: float = PATIENCE) -> Any:
    """The first true answer. Polls what cannot call us; fails with words after a time that no machine needs."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {words}"
        time.sleep(0.02)
    return answer


class DrillSite:
    """Use as a context manager. `data_dir` holds a prepared site; `extra` its environment (DATABASE_URL)."""

    def __init__(
        self, data_dir: Path, extra: dict[str, str], seed: int, say: Say = print, report: Report | None = None
    ) -> None:
        self.data_dir, self.say, self.dice = data_dir, say, random.Random(seed)
        self.report = report or Report()
        self.mail = MailServer()
        self.port, sandbox_port = free_port(), free_port()
        self.mark = data_dir / "died"
        self.secrets = dict(re.findall(r"^(\w+)=(.*)$", (data_dir / "secrets.env").read_text(), re.M))
        self.stripe_dir = Path(tempfile.mkdtemp(prefix="road-out-drill-stripe-"))
        self.sandbox_port = sandbox_port
        names = {
            **os.environ,
            **self.secrets,  # a test's own settings left theirs in the environment
            "DATA_DIR": str(data_dir),
            "PREFILL": "false",  # a hundred pages that no drill reads
            "PORT": str(self.port),
            "SANDBOX_PORT": str(sandbox_port),
            "EMAIL_URL": self.mail.url,
            "TRUSTED_PROXIES": "1",  # each donor comes from an address of their own
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **extra,
        }
        self.env = without_empty(names)
        self.workers: list[int] = []
        self.kills = 0
        self.cut_off = 0  # workers that an outage caught, perhaps between sending a letter and writing that down
        self.stamp = ""
        self.donors = itertools.count(1)  # shared by threads
        self.line = threading.Lock()  # to the process inside: a donor in a thread may ask it too
        self.proofs = 0  # how often a donor was asked for one step more
        self.answered: set[int] = set()  # the status codes that donors saw

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def __enter__(self) -> "DrillSite":
        self.start_stripe()
        self._look_inside()
        self.start_web()
        return self

    def _look_inside(self) -> None:
        self.log = (self.data_dir / "drill.log").open("ab")
        self.inside = subprocess.Popen(
            [sys.executable, "-c", INSIDE],
            cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip

    def _look_away(self) -> None:
        self.inside.stdin.close()
        self.inside.wait(timeout=60)
        self.inside.stdout.close()
        self.log.close()

    def move(self, data_dir: Path, extra: dict[str, str]) -> None:
        """What is started from here on has its data there. Nothing of the site runs meanwhile."""
        self._look_away()
        self.data_dir, self.mark = data_dir, data_dir / "died"
        self.env = without_empty({**self.env, "DATA_DIR": str(data_dir), **extra})
        self._look_inside()

    def __exit__(self, *_: object) -> None:
        for pid in list(self.workers):
            self.kill_worker(pid)
        self.kill_web()
        self._look_away()
        self.sandbox.kill()
        self.mail.stop()
        shutil.rmtree(self.stripe_dir, ignore_errors=True)

    def inject(self, what: str, times: int = 1) -> None:
        """For the report: what was done to this site."""
        self.report.now.injected[what] += times

    # the pieces

    def start_stripe(self) -> None:
        self.sandbox = Sandbox.start(
            self.stripe_dir,
            port=self.sandbox_port,
            webhook_url=f"http://127.0.0.1:{self.port}/stripe/webhook/",
            webhook_secret=self.secrets["SANDBOX_WEBHOOK_SECRET"],
            retry=",".join(["0.3"] * 40),
            seed="drill",
        )

    def start_web(self, die_at: str = "", workers: int = 1) -> None:
        self.mark.unlink(missing_ok=True)
        env = {**self.env, "DIE_AT": die_at, "DIE_MARK": str(self.mark)}
        self.web = subprocess.Popen(
            [sys.executable, *self.ask("web_command", workers)],
            cwd=ROOT, env=env, stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip
        eventually(self._answers, "the web server answers")

    def _answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=60).status_code == 200
        return False

    def kill_web(self) -> None:
        """kill -9, the server and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.web.pid, signal.SIGKILL)
        self.web.wait(timeout=60)

    def start(self, *words: str, die_at: str = "", nth: int = 1, away: int = 0) -> int:
        """A management command of the site as a process; returns its id. Its clock is `away` seconds from ours."""
        self.mark.unlink(missing_ok=True)
        return int(self.order("start", list(words), die_at, str(self.mark), nth, away))

    def start_worker(self, die_at: str = "", nth: int = 1, away: int = 0) -> int:
        self.workers.append(self.start("worker", die_at=die_at, nth=nth, away=away))
        return self.workers[-1]

    def ended(self, pid: int) -> int | None:
        """None while it runs, else its exit code."""
        code = self.order("ended", pid)
        if code is not None and pid in self.workers:
            self.workers.remove(pid)
        return code

    def wait(self, pid: int, seconds: float = LONGEST) -> int:
        codes: list[int] = []

        def over() -> bool:
            code = self.ended(pid)
            codes.extend([] if code is None else [code])
            return bool(codes)

        eventually(over, f"process {pid} ends", seconds)
        return codes[0]

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.wait(pid)
        self.kills += 1
        self.inject("kill -9 of a worker")

    def stop_workers(self) -> None:
        """As an operator would: the running job ends first."""
        for pid in list(self.workers):
            os.kill(pid, signal.SIGTERM)
            assert self.wait(pid) == 0, "the worker did not stop cleanly"

    def order(self, *words: Any) -> Any:
        with self.line:
            self.inside.stdin.write(json.dumps(words) + "\n")
            self.inside.stdin.flush()
            answer = json.loads(self.inside.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    ask = order

    # the donors

    def open_page(
        self, frequency: str = "once", amount: int = 25, code: str = "USD", address: str = "", prove: bool = True
    ) -> str:
        """A new donor fills the form; returns the address of the payment page, or "" when there was none.

        Each comes from an address of their own unless one is given, and does the step-up unless told not to.
        """
        try:
            person, fields = self.fill_form(frequency, amount, code, address)
            answer = person.post(f"{self.url}/give/", fields, timeout=60, allow_redirects=False)
            self.answered.add(answer.status_code)
            if answer.status_code == 403 and prove:
                answer = self._prove(person, answer)
            return answer.headers["Location"] if answer.status_code == 303 else ""
        except requests.RequestException:
            return ""  # the site is away; a donor would come again

    def fill_form(
        self, frequency: str = "once", amount: int = 25, code: str = "USD", address: str = ""
    ) -> tuple[requests.Session, dict[str, str]]:
        """A new donor's browser, and the form as they would send it."""
        number = next(self.donors)
        person = requests.Session()
        person.headers["X-Forwarded-For"] = address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        page = person.get(f"{self.url}/give/?currency={code}", timeout=60)
        self.answered.add(page.status_code)
        hidden = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', page.text))
        fields = {name: unescape(value) for name, value in hidden.items()}
        self.stamp = self.stamp or fields.get("opened", "")
        fields |= {"frequency": frequency, f"amount_{frequency}": "other", "other": str(amount)}
        # A form that was opened when the site began: a robot of ours is not kept waiting for being one.
        return person, fields | {"email": f"donor{number}@donor.example", "opened": self.stamp}

    def _prove(self, person: requests.Session, asked: requests.Response) -> requests.Response:
        """What static/js/prove.js does: the sum that the page holds, and the same form once more."""
        self.proofs += 1
        challenge = re.search(r'data-challenge="([^"]*)"', asked.text)
        if challenge is None:
            return asked
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text)
        fields = {name: unescape(value) for name, value in hidden}
        fields["proof"] = self.ask("solve", unescape(challenge[1]))
        return person.post(f"{self.url}/give/", fields, timeout=60, allow_redirects=False)

    def give(self, *args: Any, card: str = "4242424242424242") -> str:
        """A new donor gives and pays; returns the page's address, or "" when the site could not lead there."""
        page = self.open_page(*args)
        if page:
            self.sandbox.pay(page, card)
        return page

    def intents(self) -> list[str]:
        """The payments at Stripe that succeeded."""
        found = [event["data"]["object"] for event in self.sandbox.events() if event["type"] == "charge.succeeded"]
        return [charge["payment_intent"] for charge in found]

    # the end of each drill

    def settle(self) -> None:
        """Faults over, everything delivered, every worker restarted, and as much time gone as anything waits for."""
        self.sandbox.calm()
        self.stop_workers()
        if self.web.poll() is not None:
            self.kill_web()
            self.start_web()
        eventually(self.delivered, "every event is delivered")
        for _round in range(12):
            self.ask("time_passes", BACK_OFF)
            assert self.wait(self.start("worker", "--once")) == 0, "the worker failed"
            if not self.ask("unfinished"):
                return
        raise AssertionError(f"work is left after hours: {self.ask('left')}")

    def delivered(self) -> bool:
        self.sandbox.deliver()
        waiting = 0
        for delivery in self.sandbox.deliveries():
            if delivery["state"] == "failed":
                self.sandbox.deliver(event=delivery["event"])
            waiting += delivery["state"] in ("waiting", "sending", "failed")
        return not waiting

    def assert_books_agree(self, all_written_to: bool = True, compare: bool = True) -> None:
        """The ledger is Stripe's books, every paid gift has its receipt, and nobody was mailed twice.

        `all_written_to`: each receipt came by its event, so each has its letter; reconcile writes to nobody.
        """
        if compare:
            assert self.wait(self.start("reconcile", "--full", "--apply")) == 0, "reconcile failed"
        state = self.ask("state")
        assert state["wrong"] == [], state["wrong"]
        assert state["dead"] == [], state["dead"]
        letters, mailed = state["letters"], self.mail.letters
        assert [key for key, times in mailed.items() if times > 1] == [], "somebody was mailed twice"
        unsure = [key for key, at in letters.items() if at == "unsure"]
        interrupted = self.kills + self.cut_off  # each had at most one letter in hand
        assert len(unsure) <= interrupted, f"{len(unsure)} letters unsure, {interrupted} workers interrupted"
        sent = {key for key, at in letters.items() if at == "sent"}
        lost, unknown = sent - set(mailed), {key: letters.get(key) for key in set(mailed) - sent - set(unsure)}
        assert not lost and not unknown, f"rows and mail server differ: {lost} never came, {unknown} did"
        refused = {self.mail.refused} - {""}
        assert {*state["failed"]} <= refused, f"given up: {state['failed']}"
        assert {*letters.values()} <= {"sent", "unsure"} | ({"failed"} if refused else set()), letters
        if all_written_to:
            untold = state["receipts not written about"]
            assert not untold, f"nobody was told of {untold}"
        assert self.wait(self.start("audit_ledger")) == 0, "audit_ledger found something"
        self.report.now.checked.update(
            {
                "balance transactions that the ledger has to the cent": state["booked"],
                "paid gifts with one charge and one first receipt": state["paid"],
                "letters that the mail server got once": len(mailed),
                "letters that are perhaps sent, one for each worker that was cut off at most": len(unsure),
                "times that audit_ledger found nothing and no job was dead": 1,
            }
        )
        self.say(
            f"   books agree: {state['paid']} paid gifts, {state['events']} events, {len(mailed)} letters mailed "
            f"once each, {len(unsure)} unsure, {self.kills} kills"
        )
