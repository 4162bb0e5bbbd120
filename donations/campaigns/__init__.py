"""How far a campaign is, and what a funder adds to its gifts."""
