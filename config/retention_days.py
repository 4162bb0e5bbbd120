"""Retention periods in days: how long personal data is kept. Read by the daily job, /privacy/ and the letters.

config/retention_rules.py says in words what each line is, and does it.
"""

DAYS = {
    "unconfirmed": 21,  # double opt-in: signatures, requests for letters, unconfirmed. Longer than a mailed link works
    "unpaid": 21,  # the donor's data of a gift that was begun and never paid
    "withdrawn": 90,  # the name under a withdrawn signature
    "letters": 21,  # what a letter said; and whom it went to, where anybody could have typed that address
    "cards": 90,  # of a dedicated gift: where its card went, and what it said
    "declarations": 2192,  # six years: who declared Gift Aid, after the last claim with it
    "drafts": 30,  # cheques that staff typed and did not book, after they last did
    "events": 90,  # payloads of Stripe's webhook events, with names
    "messages": 365,  # contact messages, after the last answer
    "tries": 2,  # rate limits and card testing: keyed hashes of addresses, mailboxes and cards (docs/card-testing.md)
    "links": 30,  # tokens of mailed links, after they ended
    "views": 730,  # how often a campaign's page was opened, a number a day: this year beside the last one
    "jobs": 30,  # jobs that are done
}
