"""Billing: Checkout, customers, subscriptions, invoices, the billing portal."""
