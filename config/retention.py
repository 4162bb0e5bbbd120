"""How many days what we know of people is kept. The one table: the daily job, /privacy/ and the letters read it.

config/forgetting.py says in words what each line is, and does it.
"""

DAYS = {
    "unconfirmed": 21,  # signatures and requests for letters that nobody confirmed. Longer than a mailed link works
    "unpaid": 21,  # whose gift was begun and never came
    "withdrawn": 90,  # who took a signature back
    "letters": 21,  # what a letter said; and whom it went to, where anybody could have typed that address
    "cards": 90,  # where the card of a dedicated gift went, and what it said
    "events": 90,  # what Stripe told us of a payment, with names
    "messages": 365,  # what was written to us, after the last word
    "tries": 2,  # keyed hashes of addresses, mailboxes and cards: docs/card-testing.md
    "links": 30,  # mailed links, after they ended
    "jobs": 30,  # work that is done
}
