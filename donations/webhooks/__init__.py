"""Stripe's events: taken in, and worked by the worker."""
