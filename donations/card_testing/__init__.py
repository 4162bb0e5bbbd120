"""Protection against card testing: how we see that stolen cards are tried, and who must then do a proof of work."""
