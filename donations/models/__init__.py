"""The rows of money: currencies, gifts, plans, the ledger, receipts, and what Stripe told us."""

from donations.models.books import LedgerEntry, Receipt, ReceiptCounter
from donations.models.currencies import Currency
from donations.models.gifts import Gift, Plan
from donations.models.objections import Objection
from donations.models.payouts import Payout, Reconciliation
from donations.models.stripe import StripeEvent, StripeSetup

__all__ = [
    "Currency",
    "Gift",
    "LedgerEntry",
    "Objection",
    "Payout",
    "Plan",
    "Receipt",
    "ReceiptCounter",
    "Reconciliation",
    "StripeEvent",
    "StripeSetup",
]
