"""What Stripe remembers: one file, the books of each tenant in it, their events, and the errors that say no."""
