"""What happens at Stripe without the site in the stories of machine.py: banks, owners, others who sell there."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.donations.donor import Till
from tests.donations.truth import WHO
from tests.stripe_sandbox.web import http

WHICH = st.integers(0, 9)
OVER = ("won", "lost", "warning_closed")
# What the owner of the account does to a monthly gift in Stripe's dashboard; the last of them ends it at once.
STUMBLES = ["unavailable", "error_before", "error_after", "rate_limit"]
BY_THE_OWNER = [{"cancel_at_period_end": "true"}, {"pause_collection[behavior]": "void"}, {"pause_collection": ""}, {}]


class AccountLife:
    """Rules of a state machine that has a `till`."""

    till: Till

    @rule(which=WHICH, well=st.booleans())
    def bank_decides(self, which: int, well: bool) -> None:
        if charge := self._one("charge", which, lambda each: each["status"] == "pending"):
            status = "succeeded" if well else "failed"
            self._try(lambda: self.till.sandbox.land_debit(status, self.till.tenant, charge=charge["id"]))

    @rule(which=WHICH)
    def bank_takes_back(self, which: int) -> None:
        if charge := self._one("charge", which, lambda each: each["id"].startswith("py_") and _came(each)):
            self._try(lambda: self.till.sandbox.return_debit(self.till.tenant, charge=charge["id"]))

    @rule(which=WHICH)
    def card_is_renewed(self, which: int) -> None:
        if charge := self._one("charge", which, lambda each: each["id"].startswith("ch_")):
            self._try(lambda: self.till.sandbox.renew_card(charge["payment_method"], self.till.tenant))

    @rule()
    def payout(self) -> None:
        self._try(lambda: self.till.sandbox.payout(self.till.tenant))

    @rule(which=WHICH)
    def payout_fails(self, which: int) -> None:
        if payout := self._one("payout", which, lambda each: each["status"] in ("in_transit", "paid")):
            self._try(lambda: self.till.sandbox.fail_payout(payout["id"], self.till.tenant))

    @rule()
    def warn(self) -> None:
        if charge := self._one("charge", 0, _came):
            self._try(lambda: self.till.sandbox.fraud_warning(self.till.tenant, charge=charge["id"]))

    @rule(part=st.integers(1, 100), which=WHICH)
    def refund(self, part: int, which: int) -> None:
        if charge := self._one("charge", which, lambda each: _came(each) and not _touched(each)):
            left = charge["amount"] - charge["amount_refunded"]
            self._try(lambda: self.till.refund(charge["payment_intent"], amount=max(1, left * part // 100)))

    @rule(which=WHICH)
    def refund_fails(self, which: int) -> None:
        if refund := self._one("refund", which, lambda each: each["status"] == "succeeded"):
            self._try(lambda: self.till.sandbox.turn_refund(refund["id"], "failed", self.till.tenant))

    @rule(which=WHICH, inquiry=st.sampled_from([False, False, True]))
    def dispute(self, which: int, inquiry: bool) -> None:
        if charge := self._one("charge", which, lambda each: _came(each) and not _touched(each)):
            self._try(lambda: self.till.dispute(charge["payment_intent"], inquiry=inquiry))

    @rule(which=WHICH, well=st.booleans())
    def dispute_ends(self, which: int, well: bool) -> None:
        if found := self._one("dispute", which, lambda each: each["status"] not in OVER):
            asking = found["status"].startswith("warning")
            how = ("warning_closed" if well else "escalated") if asking else ("won" if well else "lost")
            self._try(lambda: self.till.sandbox.end_dispute(found["id"], how, self.till.tenant))

    @rule()
    def money_of_others(self) -> None:
        self.till.sandbox.foreign_charge(1234, "usd", self.till.tenant)
        self.till.sandbox.fee(77, self.till.tenant)

    @rule(which=WHICH, change=st.sampled_from(BY_THE_OWNER))
    def owner_steers(self, which: int, change: dict[str, str]) -> None:
        if found := self._one("subscription", which, lambda each: each["status"] != "canceled"):
            self._by_the_owner("POST" if change else "DELETE", f"subscriptions/{found['id']}", change)

    @rule(kind=st.sampled_from(STUMBLES), count=st.integers(1, 4))
    def stumbles(self, kind: str, count: int) -> None:
        self.till.fault(kind, count=count)

    def _one(self, kind: str, which: int, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        found = [each for each in self.till.objects(kind) if fits(each)]
        return found[which % len(found)] if found else None

    def _try(self, what: Callable[[], Any]) -> None:
        """What Stripe finds impossible does not happen."""
        with suppress(ValueError):
            what()

    def _by_the_owner(self, method: str, path: str, fields: dict[str, str]) -> int:
        """Returns Stripe's status: a fault may be in its way, and what Stripe finds impossible does not happen."""
        address = f"{self.till.sandbox.tenant(self.till.tenant)}/v1/{path}"
        status, _, _ = http(method, address, urlencode(fields).encode(), WHO)
        return int(status)


def _came(charge: dict[str, Any]) -> bool:
    return bool(charge["status"] == "succeeded")


def _touched(charge: dict[str, Any]) -> bool:
    return bool(charge["refunded"] or charge["disputed"])
