"""How we see that stolen cards are tried here, and who must prove work then."""
