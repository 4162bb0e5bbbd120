"""Webhook endpoints, and how events get to them."""
