"""The giving form, the way to the payment page, the thanks, and receipts on the web."""
