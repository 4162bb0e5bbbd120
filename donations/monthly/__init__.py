"""Monthly gifts: their rows, changes of them, and what follows when a month is not paid."""
