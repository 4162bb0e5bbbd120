"""Bring our rows in line with an object at Stripe: payments, what went back, cards, the balance."""
