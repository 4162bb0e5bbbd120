"""Stripe's webhook events: received, stored, and processed by the worker."""
