"""Runs the offline Stripe as a process of its own and works its page and its control address over HTTP.

    sandbox = Sandbox.start(tmp_path)
    client = stripe.StripeClient("sk_test_...", base_addresses={"api": sandbox.address})
    location = sandbox.pay(session.url, card="4242424242424242", name="Ada")
    sandbox.stop()

Every call takes `tenant=""` (the main books) or a name; `tenant(name)` is the SDK's base address of that one.

What happens on the account without the site asking for it (each returns the object it made or changed; amounts are
minor units; what cannot be raises ValueError):

    refund(payment_intent=… or charge=…, amount=, reason=, metadata=, status=)   a refund made in the Dashboard
    turn_refund(refund, status, reason=)          it becomes succeeded, failed or canceled, now
    land_debit(status, payment_intent=… or charge=…)   a bank debit succeeded or failed, now
    dispute(payment_intent=… or charge=…, amount=, reason=, inquiry=True)        a chargeback, or an inquiry
    end_dispute(dispute, status)                  won, lost; an inquiry: warning_closed, escalated
    fraud_warning(payment_intent=… or charge=…, fraud_type=)
    payout(amount=)                               all that is available, now; with amount a manual payout
    fail_payout(payout, code=)                    the bank sends it back
    payout_schedule("manual" or "daily")          daily is how books begin: at midnight UTC, what is available
    foreign_charge(amount, currency, description=, metadata=, card=)             money that is not the site's
    fee(amount, description=), adjustment(amount, description=)                  balance transactions of Stripe's own

Money is available two days after the charge, so `advance(3 * 86400)` pays it out. Cards that bring trouble by
themselves: …0259, …2685 (disputes), …1976 (inquiry), …5423 (fraud warning), …7726 (refund pending, succeeds a day
later), …5126 (refund succeeded, fails a day later). The API's evidence with the words `winning_evidence`,
`losing_evidence` or `escalate_inquiry_evidence` decides a dispute a day later; without any it is lost after 14 days.

`debit(url, account)` pays by bank instead of `pay`. Dollars, decided after 4 days: 000123456789 arrives, 000222222227,
000111111113 and 000333333335 come back, 000555555559 arrives and is disputed, 000000000009 stays stuck. Euros:
AT611904300234573201 arrives (5 days), AT321904300235473204 (10 days), AT861904300235473202 comes back (5 days).
"""

import html
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from stripe import WebhookSignature

ROOT = Path(__file__).resolve().parents[2]


class Declined(Exception):  # noqa: N818 (the donor's word)
    """The page refused the payment; the message is what the page says."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def http(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None):
    """(status, headers, body) of one request; redirects are not followed, error statuses do not raise."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with _OPENER.open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read()


class Sandbox:
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
    ) -> "Sandbox":
        """Start on a free port (or `port`) with `directory/stripe.sqlite3`; returns when it is ready.

        `faults` such as ["error_after,count=2,path=/v1/refunds"], `webhooks` such as "drop=0.2,duplicate=0.3".
        """
        state = Path(directory) / "stripe.sqlite3"
        words = [sys.executable, "-m", "stripe_sandbox", "--port", str(port), "--state", str(state)]
        for name, value in (
            ("--webhook-url", webhook_url),
            ("--webhook-secret", webhook_secret),
            ("--seed", seed),
            ("--retry", retry),
            ("--webhooks", webhooks),
            *(("--fault", fault) for fault in faults or []),
        ):
            words += [name, value] if value else []
        errors = state.with_suffix(".log").open("ab")
        with errors:
            process = subprocess.Popen(
                words,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        line = process.stdout.readline()
        match = re.search(r"http://\S+", line)
        if match is None:
            process.wait(timeout=10)
            process.stdout.close()
            raise RuntimeError(f"the sandbox did not start: {state.with_suffix('.log').read_text()}")
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
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        return code

    def tenant(self, name: str = "") -> str:
        """The SDK's base address of a tenant with books of its own."""
        return f"{self.address}/t/{name}" if name else self.address

    # the donor

    def pay(
        self,
        checkout_url: str,
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
        status, _, page = http("GET", checkout_url)
        if status != 200:
            raise Declined(words(page))
        form = {**inputs(page), "card_number": card, "exp": exp, "cvc": cvc, **fields}
        status, headers, page = _post(checkout_url, form)
        location = urllib.parse.urljoin(checkout_url, headers.get("Location", ""))
        if status == 303 and location.endswith("/confirm"):
            status, headers, page = _post(location, {"answer": "yes" if confirm else "no"})
            location = urllib.parse.urljoin(location, headers.get("Location", ""))
        if status != 303:
            raise Declined(words(page))
        return location

    def debit(self, checkout_url: str, account: str = "000123456789", *, name: str = "Ada", **fields: str) -> str:
        """Pay by bank debit instead: a US account number, or an IBAN for euros. Decided after days of the clock."""
        address = f"{checkout_url}/bank"
        status, _, page = http("GET", address)
        if status != 200:
            raise Declined(words(page))
        status, headers, page = _post(address, {**inputs(page), "account_number": account, "name": name, **fields})
        if status != 303:
            raise Declined(words(page))
        return urllib.parse.urljoin(address, headers["Location"])

    def portal(self, portal_url: str, action: str, **fields: str) -> str:
        """Press a button of the billing portal: card (card_number=), cancel, keep, pause (subscription=).

        Returns where that leads: the flow's address, or the portal again.
        """
        if action == "card":
            fields = {"card_number": "4242424242424242", "exp": "12/34", "cvc": "123", **fields}
        status, headers, page = _post(portal_url, {"action": action, **fields})
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

    def events(self, tenant: str = "") -> list[dict]:
        """Every event, oldest first, delivered or not."""
        return self.control("GET", "events", tenant)["data"]

    def deliveries(self, tenant: str = "") -> list[dict]:
        return self.control("GET", "events", tenant)["deliveries"]

    def fault(self, kind: str, tenant: str = "", **options: Any) -> dict:
        """One API fault in place of those before: count=, probability=, seconds=, method=, path=."""
        return self.control("POST", "faults", tenant, {"api": [{"kind": kind, **options}]})

    def webhooks(self, tenant: str = "", **switches: Any) -> dict:
        """Delivery switches: drop, duplicate, reorder, stale, wrong_secret, old_time, v0_only (shares from 0 to 1),
        delay (seconds), two_v1 and hold (bools). What is not named is off.
        """
        return self.control("POST", "faults", tenant, {"webhooks": switches})

    def calm(self, tenant: str = "") -> dict:
        """No faults any more."""
        return self.control("DELETE", "faults", tenant)

    def advance(self, seconds: int, tenant: str = "") -> dict:
        """Move the tenant's clock on; what falls due on the way happens."""
        return self.control("POST", f"clock/advance?seconds={int(seconds)}", tenant)

    # what happens without the site

    def refund(self, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "refunds", tenant, facts)

    def turn_refund(self, refund: str, status: str, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "refunds/turn", tenant, {"refund": refund, "status": status, **facts})

    def land_debit(self, status: str, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "debits", tenant, {"status": status, **facts})

    def dispute(self, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "disputes", tenant, facts)

    def end_dispute(self, dispute: str, status: str, tenant: str = "") -> dict:
        return self.control("POST", "disputes/end", tenant, {"dispute": dispute, "status": status})

    def fraud_warning(self, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "warnings", tenant, facts)

    def payout(self, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "payouts", tenant, facts)

    def fail_payout(self, payout: str, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "payouts/fail", tenant, {"payout": payout, **facts})

    def payout_schedule(self, interval: str, tenant: str = "") -> dict:
        return self.control("POST", "payouts/schedule", tenant, {"interval": interval})

    def foreign_charge(self, amount: int = 1000, currency: str = "usd", tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "charges", tenant, {"amount": amount, "currency": currency, **facts})

    def fee(self, amount: int, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "fees", tenant, {"amount": amount, **facts})

    def adjustment(self, amount: int, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "adjustments", tenant, {"amount": amount, **facts})

    # deliveries

    def deliver(self, tenant: str = "", **options: str) -> list[dict]:
        """Deliver everything that waits (order="newest" or "shuffled"), or one event again (event="evt_…")."""
        query = urllib.parse.urlencode(options)
        return self.control("POST", f"deliver{'?' if query else ''}{query}", tenant)["data"]

    @staticmethod
    def signed(event: dict, secret: str, at: int | None = None) -> tuple[bytes, str]:
        """The body of a webhook call and its Stripe-Signature header."""
        body = json.dumps(event, indent=2).encode()
        header = WebhookSignature.generate_signature_header(body.decode(), secret, at or int(time.time()))
        return body, header


def _post(url: str, form: dict[str, str]):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return http("POST", url, urllib.parse.urlencode(form).encode(), headers)


def inputs(page: bytes) -> dict[str, str]:
    """The fields of the page with the values it shows."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page.decode()):
        attributes = dict(re.findall(r'([a-z_]+)="([^"]*)"', tag))
        if "name" in attributes:
            found[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return found


def words(page: bytes) -> str:
    """The page's error, or its heading."""
    text = page.decode()
    match = re.search(r'id="error"[^>]*>([^<]*)<', text) or re.search(r"<h1>([^<]*)<", text)
    return html.unescape(match[1]) if match else ""
