"""Hosted pages that donors see (Checkout, billing portal), and what happens when their forms are sent."""
