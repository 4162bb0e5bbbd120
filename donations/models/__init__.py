"""Models of donations: currencies, gifts, plans, the ledger, receipts, disputes, payouts, and what Stripe told us."""

from donations.models.batches import Batch
from donations.models.books import LedgerEntry, Receipt, ReceiptCounter
from donations.models.campaign_views import CampaignViews
from donations.models.campaigns import Campaign, MatchReservation
from donations.models.costs import CostLine
from donations.models.currencies import Currency
from donations.models.day_sums import DaySum, DaySumMark
from donations.models.dedications import AddressChange, Dedication
from donations.models.disputes import Dispute
from donations.models.funds import Fund
from donations.models.gift_aid import GiftAidClaim, GiftAidDeclaration, GiftAidLine
from donations.models.gifts import Gift
from donations.models.giving_words import GivingWords
from donations.models.kept_counts import KeptCount
from donations.models.payouts import Gap, Payout, Reconciliation
from donations.models.plans import Plan
from donations.models.refund_requests import RefundRequest
from donations.models.stripe import StripeEvent, StripeSetup, StripeTrouble
from donations.models.thank_you import ThankYou
from donations.models.tries import Breaker, CardTry, Opening

__all__ = [
    "AddressChange",
    "Batch",
    "Breaker",
    "Campaign",
    "CampaignViews",
    "CardTry",
    "CostLine",
    "Currency",
    "DaySum",
    "DaySumMark",
    "Dedication",
    "Dispute",
    "Fund",
    "Gap",
    "Gift",
    "GiftAidClaim",
    "GiftAidDeclaration",
    "GiftAidLine",
    "GivingWords",
    "KeptCount",
    "LedgerEntry",
    "MatchReservation",
    "Opening",
    "Payout",
    "Plan",
    "Receipt",
    "ReceiptCounter",
    "Reconciliation",
    "RefundRequest",
    "StripeEvent",
    "StripeSetup",
    "StripeTrouble",
    "ThankYou",
]
