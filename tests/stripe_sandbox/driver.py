"""Runs the offline Stripe as a process of its own and works its page and its control address over HTTP.

    sandbox = Sandbox.start(tmp_path)
    client = stripe.StripeClient("sk_test_...", base_addresses={"api": sandbox.address})
    location = sandbox.pay(session.url, card="4242424242424242", name="Ada")
    sandbox.stop()

Every call takes `tenant=""` (the main books) or a name; `tenant(name)` is the SDK's base address of that one.

What happens on the account without the site (refunds of the Dashboard, disputes, payouts, foreign money, fees) is
in account.py: `sandbox.dispute(payment_intent=…)` and so on; `webhooks` and `fault` let things go wrong.
"""

import json
import os
import re
import subprocess
import time
import urllib.parse
from pathlib import Path
from typing import Any

from stripe import WebhookSignature

from stripe_sandbox.http import messages
from tests import clock, evidence
from tests.ports import free_port
from tests.stripe_sandbox.account import Account
from tests.stripe_sandbox.web import http, inputs, post, words

ROOT = Path(__file__).resolve().parents[2]


class Declined(Exception):  # noqa: N818 (the donor's word)
    """The page refused the payment; the message is what the page says."""


def begun_with() -> list[str]:
    """The switches of STRIPE_TRUTHS (tests/truths.py), with commas there."""
    return [word for word in os.environ.get("STRIPE_TRUTHS", "").split(",") if word]


class Sandbox(Account):
    """One running sandbox process. Keep the state path and start again to see what survives."""

    def __init__(self, process: subprocess.Popen, address: str, state: Path) -> None:
        self.process, self.address, self.state = process, address, state

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        port: int = 0,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        seed: str | None = None,
        retry: str | None = None,
        faults: list[str] | None = None,
        webhooks: str | None = None,
        truths: list[str] | None = None,
        still: bool = False,
    ) -> "Sandbox":
        """Start on a free port (or `port`) with `directory/stripe.sqlite3`; returns when it is ready. A start on a free
        port is tried once more: somebody can take it in between.

        `faults` such as ["error_after,count=2,path=/v1/refunds"], `webhooks` such as "drop=0.2,duplicate=0.3".
        `still`: its clock goes on by `advance` alone.
        `truths` such as ["refund_count=stays"]; by default those of STRIPE_TRUTHS (tests/truths.py), with commas.
        """
        state = Path(directory) / "stripe.sqlite3"
        words = ["--state", str(state)]
        for name, value in (
            ("--webhook-url", webhook_url),
            ("--webhook-secret", webhook_secret),
            ("--seed", seed),
            ("--retry", retry),
            ("--webhooks", webhooks),
            *(("--fault", fault) for fault in faults or []),
            *(("--truth", truth) for truth in truths or begun_with()),
        ):
            words += [name, value] if value else []
        if port:
            return cls._start(state, port, words, still)
        try:
            return cls._start(state, free_port(), words, still)
        except RuntimeError:
            return cls._start(state, free_port(), words, still)

    @classmethod
    def _start(cls, state: Path, port: int, words: list[str], still: bool) -> "Sandbox":
        log = state.with_suffix(".log")
        evidence.watch("offline Stripe", log)
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [*clock.python("stripe_sandbox", still), "--port", str(port), *words],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        line = process.stdout.readline()
        match = re.search(r"http://\S+", line)
        if match is None:
            process.wait(timeout=60)
            process.stdout.close()
            raise RuntimeError(f"the sandbox did not start: {log.read_text()}")
        return cls(process, match[0], state)

    def stop(self) -> int:
        """Stop as an operator would; returns the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self._gone()

    def kill(self) -> int:
        """kill -9."""
        self.process.kill()
        return self._gone()

    def _gone(self) -> int:
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code

    def tenant(self, name: str = "") -> str:
        """The SDK's base address of a tenant with books of its own."""
        return f"{self.address}/t/{name}" if name else self.address

    # the donor

    def pay(
        self,
        checkout_url: str | None,
        card: str = "4242424242424242",
        *,
        exp: str = "12/34",
        cvc: str = "123",
        confirm: bool = True,
        **fields: str,
    ) -> str:
        """Fill the hosted page as a browser would; returns where it leads, or raises Declined.

        More fields: name, country, postal_code, email. A 3-D Secure card is confirmed, or refused if not `confirm`.
        """
        assert checkout_url, "the SDK knows sessions without an address; one that can be paid has it"
        status, _, page = http("GET", checkout_url)
        if status != 200:
            raise Declined(words(page))
        form = {**inputs(page), "card_number": card, "exp": exp, "cvc": cvc, **fields}
        status, headers, page = post(checkout_url, form)
        location = urllib.parse.urljoin(checkout_url, headers.get("Location", ""))
        if status == 303 and location.endswith("/confirm"):
            status, headers, page = post(location, {"answer": "yes" if confirm else "no"})
            location = urllib.parse.urljoin(location, headers.get("Location", ""))
        if status != 303:
            raise Declined(words(page))
        return location

    def debit(
        self, checkout_url: str | None, account: str = "000123456789", *, name: str = "Ada", **fields: str
    ) -> str:
        """Pay by bank debit instead: a US account number, or an IBAN for euros. Decided after days of the clock."""
        address = f"{checkout_url}/bank"
        status, _, page = http("GET", address)
        if status != 200:
            raise Declined(words(page))
        status, headers, page = post(address, {**inputs(page), "account_number": account, "name": name, **fields})
        if status != 303:
            raise Declined(words(page))
        return urllib.parse.urljoin(address, headers["Location"])

    def portal(self, portal_url: str, action: str, **fields: str) -> str:
        """Press a button of the billing portal: card (card_number=), cancel, keep, pause (subscription=).

        Returns where that leads: the flow's address, or the portal again.
        """
        if action == "card":
            fields = {"card_number": "4242424242424242", "exp": "12/34", "cvc": "123", **fields}
        status, headers, page = post(portal_url, {"action": action, **fields})
        if status not in (200, 303):
            raise Declined(words(page))
        return urllib.parse.urljoin(portal_url, headers.get("Location", ""))

    # the control address

    def control(self, method: str, path: str, tenant: str = "", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = http(method, f"{self.tenant(tenant)}/_sandbox/{path}", data)
        if status != 200:
            raise ValueError(json.loads(answer)["error"])
        return json.loads(answer)

    def health(self, tenant: str = "") -> dict:
        return self.control("GET", "health", tenant)

    def events(self, tenant: str = "", skip: int = 0) -> list[dict]:
        """Every event, oldest first, delivered or not; but the first so many."""
        return self.control("GET", f"events?skip={skip}", tenant)["data"]

    def objects(self, kind: str, tenant: str = "", skip: int = 0) -> list[dict]:
        """Every object of that kind as it is now, oldest first; but the first so many."""
        return self.control("GET", f"objects?kind={kind}&skip={skip}", tenant)["data"]

    def deliveries(self, tenant: str = "") -> list[dict]:
        return self.control("GET", "events", tenant)["deliveries"]

    def copy(self, source: str, tenant: str) -> bool:
        """Give a tenant the books of another, if it is blank; says whether it was."""
        return self.control("POST", f"copy?from={source}", tenant)["copied"]

    def fault(self, kind: str, tenant: str = "", **options: Any) -> dict:
        """One API fault in place of those before: count=, probability=, seconds=, method=, path=."""
        return self.control("POST", "faults", tenant, {"api": [{"kind": kind, **options}]})

    def webhooks(self, tenant: str = "", /, **switches: Any) -> dict:
        """Delivery switches: drop, duplicate, reorder, stale, old_version, wrong_secret, old_time, v0_only (shares
        from 0 to 1), delay (seconds), two_v1 and hold (bools). What is not named is off.
        """
        return self.control("POST", "faults", tenant, {"webhooks": switches})

    def calm(self, tenant: str = "") -> dict:
        """No faults any more."""
        return self.control("DELETE", "faults", tenant)

    def advance(self, seconds: int, tenant: str = "") -> dict:
        """Move the tenant's clock on; what falls due on the way happens."""
        return self.control("POST", f"clock/advance?seconds={int(seconds)}", tenant)

    # deliveries

    def deliver(self, tenant: str = "", **options: str) -> list[dict]:
        """Deliver everything that waits (order="newest" or "shuffled"), or one event again (event="evt_…")."""
        query = urllib.parse.urlencode(options)
        return self.control("POST", f"deliver{'?' if query else ''}{query}", tenant)["data"]

    @staticmethod
    def signed(event: dict, secret: str, at: int | None = None) -> tuple[bytes, str]:
        """The body of a webhook call and its Stripe-Signature header."""
        body = json.dumps(event, indent=messages.INDENT).encode()
        header = WebhookSignature.generate_signature_header(body.decode(), secret, at or int(time.time()))
        return body, header
