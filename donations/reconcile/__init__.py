"""Compare our books with Stripe's lists, and keep what cannot be explained."""
