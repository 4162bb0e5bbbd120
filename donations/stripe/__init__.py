"""What we say to Stripe and hear from it: the only folder that imports its library."""
