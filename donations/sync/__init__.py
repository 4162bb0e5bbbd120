"""Sync our rows with an object at Stripe: payments, refunds, disputes, cards, the balance."""
