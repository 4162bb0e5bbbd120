"""The ledger, numbered receipts, what must always be true of them, and what of them is public."""
