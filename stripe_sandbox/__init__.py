"""Offline Stripe, a fake: the official SDK talks to it over HTTP, no money moves, nothing leaves this machine."""

API_VERSION = "2026-10-28.endive"
