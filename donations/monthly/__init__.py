"""Monthly and yearly gifts (Stripe subscriptions): their rows, changes of them, and dunning when one is not paid."""
