"""The books: the append-only ledger, numbered receipts, the audit of both, and the totals that the public sees."""
