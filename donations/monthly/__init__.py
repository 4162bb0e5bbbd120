"""Monthly gifts (Stripe subscriptions): their rows, changes of them, and dunning when a month is not paid."""
