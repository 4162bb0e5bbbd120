"""Reconciliation: compare our books with Stripe's lists, and keep the gaps that cannot be explained."""
