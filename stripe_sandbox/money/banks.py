"""Stripe's test bank accounts: which debits succeed, which fail, and after how many days."""

import re
from dataclasses import dataclass

from .cards import Decline

ROUTING = "110000000"


@dataclass(frozen=True)
class Bank:
    """The stored part of a bank account: enough to show it and to know how its debits end, never its number."""

    kind: str  # "us_bank_account" or "sepa_debit"
    last4: str
    days: int | None  # until a debit succeeds or fails; None is never
    decline: Decline | None = None
    disputed: bool = False


EMPTY = Decline("insufficient_funds", None, "The bank account has insufficient funds.")
CLOSED = Decline("account_closed", None, "The bank account has been closed.")
FORBIDDEN = Decline("debit_not_authorized", None, "The customer has told their bank that this debit is not authorized.")
UNKNOWN = Decline("no_account", None, "The bank account could not be found.")

US = {
    "000123456789": Bank("us_bank_account", "6789", 4),
    "000222222227": Bank("us_bank_account", "2227", 4, EMPTY),
    "000111111113": Bank("us_bank_account", "1113", 4, CLOSED),
    "000333333335": Bank("us_bank_account", "3335", 4, FORBIDDEN),
    "000555555559": Bank("us_bank_account", "5559", 4, disputed=True),
    "000000000009": Bank("us_bank_account", "0009", None),
}
SEPA = {
    "AT611904300234573201": Bank("sepa_debit", "3201", 5),
    "AT321904300235473204": Bank("sepa_debit", "3204", 10),
    "AT861904300235473202": Bank("sepa_debit", "3202", 5, EMPTY),
}
# Which debit there is for which currency.
BY_CURRENCY = {"usd": "us_bank_account", "eur": "sepa_debit"}


def read(kind: str, routing: str, number: str) -> Bank | None:
    """Look up a test bank account; None for any other. `routing` counts for US accounts only."""
    number = re.sub(r"[\s-]", "", number).upper()
    if kind == "sepa_debit":
        return SEPA.get(number)
    return US.get(number) if routing.strip() == ROUTING else None
