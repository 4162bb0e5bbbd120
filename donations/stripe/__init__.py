"""Client of the Stripe API, what we say to it and hear from it: the only folder that imports its library."""
