"""The process: how it starts, refuses to start, stops, and what it still knows after kill -9."""

import json
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import stripe

from stripe_sandbox.__main__ import main
from tests.stripe_sandbox.driver import ROOT, Declined, Sandbox
from tests.stripe_sandbox.receiver import Receiver
from tests.stripe_sandbox.shop import Shop

pytestmark = [pytest.mark.processes, pytest.mark.finding]
Refused = Callable[..., bool]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture) -> Refused:
    """Whether a start with these words ends in one plain sentence, nothing else, and a status that scripts notice."""

    def check(sentence: str, *words: str) -> bool:
        status, said = main(list(words)), capsys.readouterr()
        return status == 1 and sentence in said.err and len(said.err.splitlines()) == 1 and said.out == ""

    return check


def test_it_knows_everything_after_kill_9(tmp_path: Path, receiver: Receiver) -> None:
    sandbox = Sandbox.start(tmp_path, webhook_url="http://127.0.0.1:9/hook/", webhook_secret="whsec_one")
    shop = Shop(sandbox, "")
    account = shop.v1.accounts.retrieve_current().id
    params = shop.order()
    session = shop.v1.checkout.sessions.create(params, {"idempotency_key": "gift-1:1"})
    sub = shop.monthly()
    sandbox.advance(5 * 86400)
    now, events = sandbox.health()["now"], sandbox.events()
    sandbox.kill()

    again = Sandbox.start(tmp_path, webhook_url=receiver.url, webhook_secret="whsec_two")
    other = Shop(again, "")
    assert other.v1.accounts.retrieve_current().id == account
    assert again.health()["now"] >= now
    assert [event["id"] for event in again.events()] == [event["id"] for event in events]
    assert other.v1.subscriptions.retrieve(sub.id).status == "active"
    found = other.v1.checkout.sessions.retrieve(session.id)
    assert found.status == "expired", "five days have passed"
    body = json.loads(receiver.next()[1])
    assert body["id"] in {event["id"] for event in events}, "undelivered webhooks go to the new address"
    assert len(other.v1.webhook_endpoints.list().data) == 1
    again.advance(30 * 86400)
    assert len(other.v1.invoices.list({"status": "paid"}).data) == 2
    assert again.stop() == 0


def test_it_has_whole_gifts_or_none_after_kill_9_while_donors_pay(tmp_path: Path) -> None:
    sandbox = Sandbox.start(tmp_path)
    thanked: list[str] = []
    some, over = threading.Event(), threading.Event()

    def donors() -> None:
        shop = Shop(sandbox, "")
        while not over.is_set():
            with suppress(stripe.StripeError, OSError, Declined):
                thanked.append(shop.give().id)
            if len(thanked) >= 8:
                some.set()

    threads = [threading.Thread(target=donors) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert some.wait(90)
    sandbox.kill()
    over.set()
    for thread in threads:
        thread.join()

    sandbox = Sandbox.start(tmp_path)
    shop = Shop(sandbox, "")
    complete = {
        one.id for one in shop.v1.checkout.sessions.list({"status": "complete", "limit": 100}).auto_paging_iter()
    }
    charges = list(shop.v1.charges.list({"limit": 100}).auto_paging_iter())
    told = [event for event in shop.events() if event["type"] == "checkout.session.completed"]
    assert set(thanked) <= complete
    assert len(complete) == len(charges) == len(told) == len({charge.balance_transaction for charge in charges})
    sandbox.stop()


def test_it_keeps_idempotency_keys_over_a_restart(tmp_path: Path) -> None:
    sandbox = Sandbox.start(tmp_path)
    first = Shop(sandbox, "").v1.products.create({"name": "Gift"}, {"idempotency_key": "k"})
    sandbox.kill()
    sandbox = Sandbox.start(tmp_path)
    again = Shop(sandbox, "").v1.products.create({"name": "Gift"}, {"idempotency_key": "k"})
    assert again.id == first.id and len(Shop(sandbox, "").v1.products.list().data) == 1
    sandbox.stop()


def test_it_signs_with_the_secret_of_the_command_line(tmp_path: Path, receiver: Receiver) -> None:
    sandbox = Sandbox.start(tmp_path, webhook_url=receiver.url, webhook_secret="whsec_given")
    Shop(sandbox, "").v1.products.create({"name": "Gift"})
    headers, body = receiver.next()
    assert stripe.WebhookSignature.verify_header(body, headers["Stripe-Signature"], "whsec_given", 300)
    assert sandbox.stop() == 0


def test_it_gives_open_sessions_its_new_address(tmp_path: Path) -> None:
    sandbox = Sandbox.start(tmp_path)
    session = Shop(sandbox, "").checkout()
    sandbox.stop()
    sandbox = Sandbox.start(tmp_path)
    found = Shop(sandbox, "").v1.checkout.sessions.retrieve(session.id)
    assert found.url.startswith(sandbox.address)
    sandbox.pay(found.url)
    sandbox.stop()


def test_it_repeats_itself_with_a_seed(tmp_path: Path) -> None:
    ids = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        sandbox = Sandbox.start(tmp_path / name, seed="same")
        ids.append([Shop(sandbox, "t").v1.products.create({"name": "Gift"}).id for _ in range(3)])
        sandbox.stop()
    assert ids[0] == ids[1] and len(set(ids[0])) == 3


def test_it_gives_up_after_the_last_retry(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers(*[500] * 50)
    url = receiver.url
    sandbox = Sandbox.start(tmp_path, webhook_url=url, webhook_secret="whsec_given", retry="0.01,0.02")
    Shop(sandbox, "").v1.products.create({"name": "Gift"})
    for _ in range(3):
        receiver.next()
    sandbox.stop()  # waits for what is under way
    with sqlite3.connect(sandbox.state) as db:
        assert db.execute("SELECT state, attempts FROM deliveries").fetchall() == [("failed", 3)]
    db.close()


def test_it_ends_with_a_sentence_when_it_cannot_start(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "stripe_sandbox", "--port", "0", "--state", str(tmp_path / "missing" / "s")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == f"The state file {tmp_path / 'missing' / 's'} cannot be used: No such file or directory.\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_it_refuses_to_listen_beyond_this_machine(tmp_path: Path, refused: Refused, host: str) -> None:
    sentence = f"{host} is not a loopback address"
    assert refused(sentence, "--port", "0", "--host", host, "--state", str(tmp_path / "s"))


def test_it_says_when_the_port_is_taken(tmp_path: Path, refused: Refused) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert refused(f"Cannot listen on 127.0.0.1 port {port}", "--port", port, "--state", str(tmp_path / "s"))


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_it_says_when_the_port_is_none(tmp_path: Path, refused: Refused, port: str) -> None:
    assert refused("Cannot listen", "--port", port, "--state", str(tmp_path / "s"))


def test_it_leaves_a_file_alone_that_is_not_its_own(tmp_path: Path, refused: Refused) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"this is no database" * 100)
    assert refused("cannot be used: file is not a database", "--port", "0", "--state", str(broken))
    assert broken.read_bytes() == b"this is no database" * 100


def test_it_keeps_a_state_file_to_itself(sandbox: Sandbox, refused: Refused) -> None:
    assert refused("in use by another sandbox", "--port", "0", "--state", str(sandbox.state))


@pytest.mark.parametrize("words", [["--webhook-url", "http://127.0.0.1/"], ["--webhook-secret", "whsec_x"]])
def test_it_wants_webhook_address_and_secret_together(tmp_path: Path, refused: Refused, words: list[str]) -> None:
    assert refused("together", "--port", "0", "--state", str(tmp_path / "s"), *words)


def test_it_wants_seconds_between_retries(tmp_path: Path, refused: Refused) -> None:
    assert refused("--retry takes seconds", "--port", "0", "--state", str(tmp_path / "s"), "--retry", "soon")


def test_it_logs_nothing(tmp_path: Path) -> None:
    sandbox = Sandbox.start(tmp_path)
    shop = Shop(sandbox, "")
    shop.give()
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.products.retrieve("prod_1")
    sandbox.stop()
    assert sandbox.state.with_suffix(".log").read_text() == ""


def test_it_imports_nothing_of_the_site() -> None:
    code = (
        "import sys, stripe_sandbox.__main__ as m; "
        "bad = [n for n in sys.modules if n.split('.')[0] in "
        "('django', 'config', 'foundation', 'donations', 'staff', 'supporters', 'wagtail')]; "
        "sys.exit(1 if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0
