"""What happens on the account without the site asking for it: methods of the driver.

Each returns the object it made or changed; amounts are minor units; what cannot be raises ValueError.

    refund(payment_intent=… or charge=…, amount=, reason=, metadata=, status=)   a refund made in the Dashboard
    turn_refund(refund, status, reason=)          it becomes succeeded, failed or canceled, now
    land_debit(status, payment_intent=… or charge=…)   a bank debit succeeded or failed, now
    return_debit(payment_intent=… or charge=…)    the bank takes back a debit that had arrived
    dispute(payment_intent=… or charge=…, amount=, reason=, inquiry=True)        a chargeback, or an inquiry
    end_dispute(dispute, status)                  won, lost; an inquiry: warning_closed, escalated
    fraud_warning(payment_intent=… or charge=…, fraud_type=)
    payout(amount=)                               all that is available, now; with amount a manual payout
    fail_payout(payout, code=)                    the bank sends it back
    payout_schedule("manual" or "daily")          daily is how books begin: at midnight UTC, what is available
    foreign_charge(amount, currency, description=, metadata=, card=)             money that is not the site's
    foreign_subscription("tiered" or "fraction", metadata=)    another shop's, whose price has no unit_amount
    retries_end("canceled", "unpaid" or "past_due")   what follows the last failed retry; past_due at first
    renew_card(payment_method, last4=)            the network's new card: it pays from now on
    truths(portal_card="customer")                switches of what is known from memory (stripe_sandbox/store/truths.py)
    fee(amount, description=), adjustment(amount, description=)                  balance transactions of Stripe's own

Money is available two days after the charge, so `advance(3 * 86400)` pays it out. Cards that bring trouble by
themselves: …0259, …2685 (disputes), …1976 (inquiry), …5423 (fraud warning), …7726 (refund pending, succeeds a day
later), …5126 (refund succeeded, fails a day later). The API's evidence with the words `winning_evidence`,
`losing_evidence` or `escalate_inquiry_evidence` decides a dispute a day later; without any it is lost after 14 days.

`debit(url, account)` pays by bank instead of `pay`. Dollars, decided after 4 days: 000123456789 arrives, 000222222227,
000111111113 and 000333333335 come back, 000555555559 arrives and is disputed, 000000000009 stays stuck. Euros:
AT611904300234573201 arrives (5 days), AT321904300235473204 (10 days), AT861904300235473202 comes back (5 days).
"""

from typing import Any


class Account:
    """What banks, Stripe and other people do, by the control address."""

    def control(self, method: str, path: str, tenant: str = "", body: Any = None) -> Any:
        raise NotImplementedError

    def refund(self, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "refunds", tenant, facts)

    def turn_refund(self, refund: str, status: str, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "refunds/turn", tenant, {"refund": refund, "status": status, **facts})

    def land_debit(self, status: str, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "debits", tenant, {"status": status, **facts})

    def return_debit(self, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "debits/return", tenant, facts)

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

    def foreign_subscription(self, price: str = "tiered", tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "subscriptions", tenant, {"price": price, **facts})

    def fee(self, amount: int, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "fees", tenant, {"amount": amount, **facts})

    def adjustment(self, amount: int, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "adjustments", tenant, {"amount": amount, **facts})

    def retries_end(self, end: str, tenant: str = "") -> dict:
        return self.control("POST", "retries", tenant, {"end": end})

    def renew_card(self, payment_method: str, tenant: str = "", **facts: Any) -> dict:
        return self.control("POST", "cards/renew", tenant, {"payment_method": payment_method, **facts})

    def truths(self, tenant: str = "", /, **answers: str) -> dict:
        """Set switches; returns all that hold now, by name."""
        return self.control("POST", "truths", tenant, answers)["truths"]
